/*
 * without.c: a call that is new in Linux is not there at all: 4 and nothing touched, or done in the same strength.
 */
#include "sweep/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>

static const struct { const char *name; long nr; } modern[] = {
	{ "openat2", SYS_openat2 }, { "statx", SYS_statx }, { "mount_setattr", SYS_mount_setattr },
	{ "open_tree", SYS_open_tree }, { "move_mount", SYS_move_mount }, { "fsopen", SYS_fsopen },
	{ "fsconfig", SYS_fsconfig }, { "fsmount", SYS_fsmount },
	{ "pidfd_open", SYS_pidfd_open }, { "pidfd_send_signal", SYS_pidfd_send_signal },
	{ "close_range", SYS_close_range }, { "fchmodat2", 452 }, { "statmount", 457 }, { "listmount", 458 },
	{ "landlock_create_ruleset", SYS_landlock_create_ruleset }, { "faccessat2", SYS_faccessat2 },
	{ "clone3", SYS_clone3 }, { "renameat2", SYS_renameat2 },
};

void
sweep_without(const struct line *line)
{
	struct way way;

	walk_way(line, FROM_EXEC, false, &way);
	sweep.calls += way.calls;
	for (size_t i = 0; i < sizeof(modern) / sizeof(modern[0]); i++) {
		struct visit visit = { .how = VISIT_ANSWER, .only_call = modern[i].nr, .error = ENOSYS };
		char where[256];
		int code;

		snprintf(where, sizeof(where), "%s without %s", line->name, modern[i].name);
		run_all(line->before, line->before_count);
		code = visit_verb(line, FROM_EXEC, &visit, where);
		if (visit.reached) {
			sweep.steps++;
			if (code != way.code && code != 4)
				defect(where, "exit %d", code);
			judge(line, &way, code, where);
		}
		undo(line, NULL, where);
	}
	forget_way(&way);
}
