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

/* Looks, 5 ms and more apart: what is on its way gets there on a host that does much else, too. */
enum { SHOWN_MAX = 8, PATIENT_TRIES = 200 };

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
becomes(const struct state *const wanted[], enum likeness likeness, const char *const *but, const char *title, int tries)
{
	struct state is;

	for (;;) {
		state_take(&is);
		for (size_t i = 0; wanted[i]; i++) {
			if (state_same(wanted[i], &is, likeness, but, NULL)) {
				state_free(&is);
				return true;
			}
		}
		if (--tries <= 0)
			break;
		state_free(&is);
		pause_ms(5);
	}
	state_same(wanted[0], &is, likeness, but, may_show() ? title : NULL);
	state_free(&is);
	return false;
}

bool
is_now(const struct state *wanted, enum likeness likeness, const char *const *but, const char *title)
{
	const struct state *const one[] = { wanted, NULL };

	return becomes(one, likeness, but, title, PATIENT_TRIES);
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
		if (becomes(clean, SAME, NULL, round == 11 ? title : NULL, 1 + round * 2))
			return;
	}
	sweep.defects++;
	printf("sweep: cannot go on from a state that is not clean\n");
	exit(1);
}

/* From which code on something may be missing that was there: what takes things away may have come halfway.  A cage
 * that does not close is 4, and may be that of a later stage, after one that took something away; without a call it
 * is the first one's, and before the first one closed nothing has been touched. */
static int
may_be_less_from(void)
{
	return strcmp(sweep.class, "start") == 0 ? 8 : strcmp(sweep.class, "fail") == 0 ? 4 : 5;
}

/* Done after all means that nothing is missing or weaker; refused, that nothing was touched; failed, that
 * nothing was made that stays. */
void
judge(const struct line *line, const struct way *way, int code, const char *where)
{
	const char *const *marks = strcmp(sweep.class, "fail") == 0 ? line->marks : NULL;
	bool may_be_less = line->goes_on || code >= may_be_less_from(), same;
	char title[400];

	if (!is_documented(code)) {
		if (code != HUNG)
			defect(where, "exit %d", code);
		return;
	}
	snprintf(title, sizeof(title), "not ok %s %s: exit %d, but", sweep.class, where, code);
	if (code == way->code)
		same = is_now(&way->done, way->dated ? SAME_BUT_CONTENTS : SAME, marks, title);
	else
		same = is_now(&way->before, may_be_less ? NOTHING_MORE : SAME, may_be_less ? marks : NULL, title);
	if (!same)
		defect(where, "exit %d, and the state is another", code);
}

void
settle(const struct line *line, int code)
{
	/* What systemd-resolved writes down comes a moment after its answer. */
	pause_ms(10);
	for (int tries = 0; line->ends && code == 0 && is_running(line->ends) && tries < 1000; tries++)
		pause_ms(5);
}
