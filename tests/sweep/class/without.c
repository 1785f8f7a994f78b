/*
 * without.c: a call that is new in Linux is not there at all: 4 and nothing touched, or done in the same strength.
 */
#include "sweep/modern.h"
#include "sweep/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>

void
sweep_without(const struct line *line)
{
	struct way way;

	walk_way(line, FROM_EXEC, false, &way);
	sweep.calls += way.calls;
	for (const struct modern *call = modern; call->name; call++) {
		struct visit visit = { .how = VISIT_ANSWER, .only_call = call->nr, .error = ENOSYS };
		char where[256];
		int code;

		snprintf(where, sizeof(where), "%s without %s", line->name, call->name);
		run_all(line->before, line->before_count);
		code = visit_verb(line, FROM_EXEC, &visit, where);
		if (visit.reached) {
			sweep.steps++;
			/* Who goes on has done the rest by then, and says that it failed. */
			if (code != way.code && code != 4 && !(line->goes_on && code == 5))
				defect(where, "exit %d", code);
			judge(line, &way, code, where);
		}
		undo(line, NULL, where);
	}
	forget_way(&way);
}
