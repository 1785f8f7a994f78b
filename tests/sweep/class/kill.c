/*
 * kill.c: the verb dies at its N-th system call, for each N; likewise from its first call on (begin).
 */
#include "sweep/verdict.h"

#include <stddef.h>

static int
kill_at(const struct line *line, enum start start, unsigned long when, bool all_at_once, bool *was_child)
{
	struct visit visit = { .how = VISIT_KILL, .when = when, .only_call = -1, .all_at_once = all_at_once };
	const char *where = place(line, all_at_once ? "killed with its children" : "killed", when);
	int code;

	run_all(line->before, line->before_count);
	code = visit_verb(line, start, &visit, where);
	if (code != KILLED && !is_documented(code))
		defect(where, "exit %d", code);
	undo(line, NULL, where);
	sweep.steps += visit.reached;
	*was_child = visit.reached && !visit.is_first;
	return code;
}

static void
sweep_kill_from(const struct line *line, enum start start)
{
	struct way way;
	bool was_child;

	walk_way(line, start, false, &way);
	sweep.calls += way.calls;
	for (unsigned long when = first_of(way.calls); when <= way.calls; when += step_of(way.calls)) {
		kill_at(line, start, when, false, &was_child);
		if (was_child)
			kill_at(line, start, when, true, &was_child);
	}
	forget_way(&way);
}

void sweep_kill(const struct line *line) { sweep_kill_from(line, FROM_CAGE); }
void sweep_begin(const struct line *line) { sweep_kill_from(line, FROM_EXEC); }
