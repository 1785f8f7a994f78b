/*
 * steps.c: the steps of main, one function each, in the order in which main takes them.
 */
#include "steps.h"

#include "say/say.h"
#include "sys/lock.h"

#include <errno.h>
#include <string.h>
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

/* A verb of a batch, with its words. */
struct named { const struct verb *verb; char **words; };

/* How many there are. */
static unsigned
find_parts(char **words, const struct settings *settings, struct named found[PARTS_MAX])
{
	unsigned count = 0;

	for (char **part = words, **rest; part; part = rest) {
		rest = cut(part);
		if (!*part)
			die(REASON_USAGE, "a -- without a verb after it");
		if (count == PARTS_MAX)
			die(REASON_USAGE, "at most %d verbs", PARTS_MAX);
		found[count++] = (struct named){ find_part(*part, settings), part + 1 };
	}
	return count;
}

/* In the child, beside the others.  A lock comes after the turn: who held one while it waits for a verb before it
 * would keep that verb waiting for a batch that has these verbs in another order, and that one for this. */
static void
gate_and_await(const struct verb *verb, char *words[], const struct inherited *was,
	       const struct settings *settings)
{
	int rc;

	say_verb(verb->name);
	say_after(part_await_word);
	verb_admit(verb, words, settings);
	say_after(NULL);
	step_load_libraries(verb);
	rc = part_await();
	if (rc < 0)
		finish(failed(rc, "cannot wait for its turn"));
	if (rc == 0)
		_exit(CODE_FAILED);
	audit_begin(was->sudo_uid, verb->name, words);
}

const struct verb *
step_divide(const struct verb *batch, char *words[], const struct inherited *was,
	    const struct settings *settings)
{
	struct parts *parts = batch->parts;
	struct named found[PARTS_MAX];
	unsigned count = find_parts(words, settings, found);
	uint64_t bounding = step_bounding(batch);

	for (unsigned i = 0; i < count; i++)
		bounding |= step_bounding(found[i].verb);
	step_bound(bounding);
	for (unsigned i = 0; i < count; i++) {
		int rc = part_fork(parts, found[i].verb->name);

		if (rc < 0)
			finish(failed(rc, "cannot start a child"));
		if (rc == 0) {
			gate_and_await(found[i].verb, found[i].words, was, settings);
			return found[i].verb;
		}
	}
	return batch;
}

enum code
step_lock(enum lock lock, const char *vm, int descriptor)
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
	enum code code = verb->lock == LOCK_NONE ? CODE_DONE : step_lock(verb->lock, vm, FD_LOCK);

	if (code != CODE_DONE)
		finish(code);
}

void
step_load_libraries(const struct verb *verb)
{
	const struct handle *handles = verb->handles;

	for (; handles && handles->name; handles++)
		if (handles->load)
			(void)handles->load();
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
