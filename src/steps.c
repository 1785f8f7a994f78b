/*
 * steps.c: the steps of main, one function each, in the order in which main takes them.
 */
#include "steps.h"

#include "cage/cage.h"
#include "say/say.h"
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOCK_PATIENCE_MS = 10000 };

const struct verb *
step_find_verb(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "help";
	const struct verb *verb;

	if (strcmp(name, "--help") == 0)
		name = "help";
	if (strcmp(name, "--version") == 0)
		name = "version";
	verb = verb_find(name);
	if (!verb)
		die(REASON_USAGE, "no such verb; banger-priv verbs lists them");
	say_verb(verb->name);
	return verb;
}

void
step_admit_batch_key(const struct settings *settings)
{
	const char *name = verb_not_for_batch(&settings->batch);

	if (name)
		die(REASON_CONFIG, "/etc/banger/priv.conf: batch must name verbs that may be in one, and %s may not", name);
}

void
step_admit_caller(const struct inherited *was, const struct settings *settings)
{
	if (gate_caller(geteuid(), was->sudo_uid, settings) != REASON_NONE)
		die(REASON_CALLER, "to be called with sudo, by root, the owner or one of the admins of "
		    "/etc/banger/priv.conf");
}

/* The words after the next --, which becomes the end of those before; NULL when there is none. */
static char **
cut(char **words)
{
	for (; *words; words++) {
		if (strcmp(*words, "--") == 0) {
			*words = NULL;
			return words + 1;
		}
	}
	return NULL;
}

static bool
is_listed(const char *name, const struct verb_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->each[i].text, name) == 0)
			return true;
	return false;
}

static const struct verb *
find_part(const char *name, const struct settings *settings)
{
	const struct verb *verb = verb_find(name);

	if (!verb)
		die(REASON_USAGE, "no such verb; banger-priv verbs lists them");
	if (verb->for_people || verb->alone)
		die(REASON_NOT_ALLOWED, "%s is never in a batch", verb->name);
	if (!is_listed(name, &settings->batch))
		die(REASON_NOT_ALLOWED, "%s must be named by the key batch of /etc/banger/priv.conf", verb->name);
	return verb;
}

/* In the child. */
static void
gate_and_await(const struct verb *verb, char *words[], const struct inherited *was,
	       const struct settings *settings)
{
	say_verb(verb->name);
	verb_admit(verb, words, settings);
	if (!part_await())
		_exit(CODE_DONE);
	audit_begin(was->sudo_uid, verb->name, words);
}

/* A child that died at its gate has said why, and has written the record that ends the batch's. */
static void
end_as_part(int status)
{
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	finish(refused(REASON_FAILED, "a child was killed by signal %d before any verb acted", WTERMSIG(status)));
}

const struct verb *
step_divide(const struct verb *batch, char *words[], const struct inherited *was,
	    const struct settings *settings)
{
	struct parts *parts = batch->parts;

	for (char **part = words, **rest; part; part = rest) {
		const struct verb *verb;
		int status, rc;

		rest = cut(part);
		if (!*part)
			die(REASON_USAGE, "a -- without a verb after it");
		if (parts->count == PARTS_MAX)
			die(REASON_USAGE, "at most %d verbs", PARTS_MAX);
		verb = find_part(*part, settings);
		rc = part_fork(parts, verb->name);
		if (rc < 0)
			finish(failed(rc, "cannot start a child"));
		if (rc == 0) {
			gate_and_await(verb, part + 1, was, settings);
			return verb;
		}
		if (!part_is_ready(&parts->each[parts->count - 1], &status))
			end_as_part(status);
	}
	return batch;
}

static enum code
take_lock(enum lock lock, const char *vm, int descriptor)
{
	static const char *const names[] = {
		[LOCK_VM] = "vm", [LOCK_DIRECTORIES] = "directories", [LOCK_STORAGE] = "storage",
		[LOCK_NETWORK] = "network",
	};
	int rc = lock_take(names[lock], vm, descriptor, LOCK_PATIENCE_MS);

	if (rc == -EPERM)
		return refused(REASON_HOST, "/run/banger-priv must be a directory of root's with mode 0700");
	return rc < 0 ? failed(rc, "cannot take the lock that keeps verbs off each other's objects (%s)", names[lock]) :
	       CODE_DONE;
}

void
step_take_lock(const struct verb *verb)
{
	const char *vm = verb->lock == LOCK_VM ? verb->lock_vm->text : "";
	enum code code = verb->lock == LOCK_NONE ? CODE_DONE : take_lock(verb->lock, vm, FD_LOCK);

	if (code != CODE_DONE)
		finish(code);
}

void
step_open_handles(const struct verb *verb)
{
	const struct handle *handles = verb->handles;

	for (; handles && handles->name; handles++) {
		int rc = handles->open();

		if (rc < 0)
			finish(failed(rc, "cannot open %s", handles->name));
	}
}

/* fork, but for the table of descriptors where the child's shall be ours, and for the pidfd. */
static pid_t
divide(const struct stage *stage, int *pidfd)
{
	unsigned long flags = SIGCHLD | (stage->opens ? CLONE_FILES : 0) |
			      (stage->beside ? CLONE_PIDFD : 0);

	return (pid_t)syscall(SYS_clone, flags, NULL, pidfd, NULL, NULL);
}

static enum code
act_apart(const struct stage *stage, const struct settings *settings)
{
	int status, pidfd = -1;
	pid_t child = divide(stage, &pidfd);

	if (child < 0)
		return failed(-errno, "cannot start a child");
	if (child == 0) {
		say_for_parent();
		cage_close(&stage->keep, settings->owner.uid, settings->owner.gid);
		finish_for_parent(stage->act(settings));
	}
	if (stage->beside) {
		if (dup3(pidfd, FD_CHILD, O_CLOEXEC) < 0)
			return failed(-errno, "cannot hold the child");
		close(pidfd);
		return CODE_DONE;
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return failed(-errno, "cannot wait for the child");
	return WIFEXITED(status) ? code_of_child(WEXITSTATUS(status)) :
	       refused(REASON_FAILED, "the child was killed by signal %d", WTERMSIG(status));
}

/* The lock of the stages at hand, and how the taking of it went. */
struct stage_lock { enum lock which; enum code code; };

/* From one stage's lock to the next one's. */
static enum code
change_lock(struct stage_lock *lock, enum lock wanted)
{
	if (lock->which != wanted) {
		if (lock->which != LOCK_NONE && lock->code == CODE_DONE)
			close(FD_STAGE_LOCK);
		lock->which = wanted;
		lock->code = wanted == LOCK_NONE ? CODE_DONE : take_lock(wanted, "", FD_STAGE_LOCK);
	}
	return lock->code;
}

static enum code
act_stage(const struct stage *stage, const struct settings *settings, struct stage_lock *lock)
{
	enum code code = change_lock(lock, stage->lock);

	if (code != CODE_DONE)
		return code;
	if (stage->apart)
		return act_apart(stage, settings);
	cage_close(&stage->keep, settings->owner.uid, settings->owner.gid);
	return stage->act(settings);
}

enum code
step_act(const struct verb *verb, const struct settings *settings)
{
	enum code code = CODE_DONE;
	struct stage_lock lock = { 0 };

	for (const struct stage *stage = verb->stages; stage->act; stage++) {
		enum code of_stage;

		if (code != CODE_DONE && !stage->at_any_rate)
			continue;
		if (stage->only_if && !stage->only_if())
			continue;
		of_stage = act_stage(stage, settings, &lock);
		if (code == CODE_DONE)
			code = of_stage;
	}
	return code;
}
