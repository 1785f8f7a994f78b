/*
 * verdict.c: what is compared with what was, and printed when it is another.
 */
#include "sweep/verdict.h"

#include "sweep/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHOWN_MAX = 8 };

static bool
may_show(void)
{
	return sweep.all_defects + sweep.defects < SHOWN_MAX;
}

void
defect(const char *where, const char *format, ...)
{
	char what[512];
	va_list args;

	if (may_show()) {
		va_start(args, format);
		vsnprintf(what, sizeof(what), format, args);
		va_end(args);
		printf("not ok %s %s: %s\n", sweep.class, where, what);
		run_said(what, sizeof(what));
		if (what[0])
			printf("\tsaid: %s\n", what);
		fflush(stdout);
	}
	sweep.defects++;
}

bool
is_documented(int code)
{
	return code == 0 || (code >= 2 && code <= 7);
}

void
pause_ms(long ms)
{
	const struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

bool
becomes(const struct state *const wanted[], enum likeness likeness, const char *title, int tries)
{
	struct state is;

	for (;;) {
		state_take(&is);
		for (size_t i = 0; wanted[i]; i++) {
			if (state_same(wanted[i], &is, likeness, NULL)) {
				state_free(&is);
				return true;
			}
		}
		if (--tries <= 0)
			break;
		state_free(&is);
		pause_ms(5);
	}
	state_same(wanted[0], &is, likeness, may_show() ? title : NULL);
	state_free(&is);
	return false;
}

bool
is_now(const struct state *wanted, enum likeness likeness, const char *title)
{
	const struct state *const one[] = { wanted, NULL };

	return becomes(one, likeness, title, 40);
}

void
undo(const struct line *line, const struct line *other, const char *where)
{
	const struct state *const clean[] = { &sweep.clean, NULL };
	char title[600];

	snprintf(title, sizeof(title), "not ok %s %s: left over after its undo", sweep.class, where);
	for (int round = 0; round < 12; round++) {
		run_all(line->undo, line->undo_count);
		if (other)
			run_all(other->undo, other->undo_count);
		if (becomes(clean, SAME, round == 11 ? title : NULL, 1 + round * 2))
			return;
	}
	sweep.defects++;
	printf("sweep: cannot go on from a state that is not clean\n");
	exit(1);
}

/* Done after all means that nothing is missing or weaker; refused, that nothing was touched; failed, that
 * nothing was made that stays.  A cage that does not close may be that of a later stage, after one that took
 * something away; without a call it is the first one's. */
void
judge(const struct line *line, const struct way *way, int code, const char *where)
{
	int may_be_less_from = strcmp(sweep.class, "fail") == 0 ? 4 : 5;
	char title[400];

	if (!is_documented(code)) {
		if (code != HUNG)
			defect(where, "exit %d", code);
		return;
	}
	if ((line->marks && strcmp(sweep.class, "fail") == 0) || (line->goes_on && code != way->code))
		return;
	snprintf(title, sizeof(title), "not ok %s %s: exit %d, but", sweep.class, where, code);
	if (!is_now(code == way->code ? &way->done : &way->before,
		    code == way->code ? (way->dated ? SAME_BUT_CONTENTS : SAME) : code >= may_be_less_from ? NOTHING_MORE : SAME,
		    title))
		defect(where, "exit %d, and the state is another", code);
}
