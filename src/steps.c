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
#include <stdio.h>
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
step_admit_caller(const struct inherited *was, const struct settings *settings)
{
	if (gate_caller(geteuid(), was->sudo_uid, settings) != REASON_NONE)
		die(REASON_CALLER, "to be called with sudo, by root, the owner or one of the admins of "
		    "/etc/banger/priv.conf");
}

void
step_take_lock(const struct verb *verb)
{
	static const char *const names[] = {
		[LOCK_NETWORK] = "network", [LOCK_DIRECTORIES] = "directories",
		[LOCK_STORAGE] = "storage", [LOCK_VM] = "vm-",
	};
	char name[64];
	int rc;

	if (verb->lock == LOCK_NONE)
		return;
	snprintf(name, sizeof(name), "%s%s", names[verb->lock],
		 verb->lock == LOCK_VM ? verb->lock_vm->text : "");
	rc = lock_take(name, LOCK_PATIENCE_MS);
	if (rc == -EPERM)
		die(REASON_HOST, "/run/banger-priv must be a directory of root's with mode 0700");
	if (rc < 0)
		finish(failed(rc, "cannot take the lock %s", name));
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
		cage_close(&stage->keep, settings->owner.uid, settings->owner.gid);
		_exit((int)stage->act(settings));
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
	return WIFEXITED(status) ? (enum code)WEXITSTATUS(status) :
	       refused(REASON_FAILED, "the child was killed by signal %d", WTERMSIG(status));
}

enum code
step_act(const struct verb *verb, const struct settings *settings)
{
	enum code code = CODE_DONE;

	for (const struct stage *stage = verb->stages; stage->act; stage++) {
		enum code of_stage = CODE_DONE;

		if (code != CODE_DONE && !stage->at_any_rate)
			continue;
		if (stage->only_if && !stage->only_if())
			continue;
		if (stage->apart) {
			of_stage = act_apart(stage, settings);
		} else {
			cage_close(&stage->keep, settings->owner.uid, settings->owner.gid);
			of_stage = stage->act(settings);
		}
		if (code == CODE_DONE)
			code = of_stage;
	}
	return code;
}
