/*
 * sweep CLASS LINES [LIMIT [VERB]]: puts every verb of LINES (or VERB alone) through one class of harm, at
 * LIMIT points of its way at most, spread evenly (0: at all of them).
 *
 *   kill     dies at its N-th system call, for each N; likewise from its first call on (begin)
 *   fail     its N-th call gives an error, each that the call may give (at all calls, LIMIT errors in turn);
 *            likewise from its main on, until the cage closes (start; at LIMIT calls one)
 *   without  a call that is new in Linux is not there at all
 *   swap     waits at its N-th call that takes a path, while the owner swaps what an operand names
 *   pair     waits at its N-th call, while another verb works on the same objects
 *   launch   is started with what an attacker can hand down, see tests/hostile.c
 *   paths    operands that name something else, or are spelt in another way
 *   weaker   the former, and a call that is new in Linux is not there
 *
 * After each step: the exit code is a documented one, no call was outside the cage's list, no canary has
 * changed, and the line's undo reaches a state equal to never having run.  What else must hold is said at
 * each class.  A defect is printed with the state's difference; the exit status is 1 when there is one.
 */
#include "sweep/sweep.h"

#include "sweep/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sweep sweep;

static const char *only;         /* of all lines those of this verb, or NULL */

static const struct { const char *name; void (*put_through)(const struct line *line); } classes[] = {
	{ "kill", sweep_kill }, { "begin", sweep_begin }, { "start", sweep_start },
	{ "fail", sweep_fail }, { "without", sweep_without },
	{ "swap", sweep_swap }, { "pair", sweep_pair }, { "launch", sweep_launch }, { "paths", sweep_paths },
	{ "weaker", sweep_weaker },
};

static void
put_through(void (*class)(const struct line *line), FILE *tally)
{
	for (size_t i = 0; i < line_count; i++) {
		const struct line *line = &lines[i];

		if (only && strcmp(only, line->name) != 0)
			continue;
		sweep.calls = sweep.steps = sweep.defects = 0;
		class(line);
		if (sweep.steps == 0)
			continue;
		printf("%s %s: %lu calls, %lu steps, %lu defects\n", sweep.class, line->name, sweep.calls,
		       sweep.steps, sweep.defects);
		fflush(stdout);
		if (tally)
			fprintf(tally, "%s %s %lu %lu %lu\n", sweep.class, line->name, sweep.calls, sweep.steps,
				sweep.defects);
		sweep.all_calls += sweep.calls;
		sweep.all_steps += sweep.steps;
		sweep.all_defects += sweep.defects;
	}
}

int
main(int argc, char *argv[])
{
	const char *tally = getenv("BANGER_SWEEP_TALLY");
	FILE *tally_file = tally ? fopen(tally, "ae") : NULL;

	if (argc < 3)
		return 2;
	sweep.class = argv[1];
	plan_read(argv[2]);
	sweep.limit = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	only = argc > 4 ? argv[4] : NULL;
	run_begin();
	state_take(&sweep.clean);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(classes[i].name, sweep.class) == 0)
			put_through(classes[i].put_through, tally_file);
	if (tally_file)
		fclose(tally_file);
	printf("%s: %lu steps, %lu defects\n", sweep.class, sweep.all_steps, sweep.all_defects);
	return sweep.all_steps == 0 ? 2 : sweep.all_defects != 0;
}
