/*
 * swap.c: the verb waits at its N-th call that takes a path, while the owner swaps what an operand names, or what
 * is above it.
 */
#include "sweep/swap.h"
#include "sweep/verdict.h"

#include <stdio.h>
#include <string.h>

static void
begin_swap(void *context)
{
	const struct swapping { enum swap swap; const char *path; int up; bool *begun; } *one = context;

	*one->begun = swap_begin(one->swap, one->path, one->up);
}

static void
swap_at(const struct line *line, unsigned long when, enum swap swap, const char *path, int up)
{
	bool begun = false;
	struct swapping { enum swap swap; const char *path; int up; bool *begun; } one = { swap, path, up, &begun };
	struct visit visit = {
		.how = VISIT_HOLD, .when = when, .only_call = -1, .paths_only = true,
		.meanwhile = begin_swap, .context = &one,
	};
	char where[512];
	int code;

	snprintf(where, sizeof(where), "%s, %s at %s%s, at its path call %lu", line->name, swap_names[swap], path,
		 up == 0 ? "" : up == 1 ? "'s parent" : "'s grandparent", when);
	run_all(line->before, line->before_count);
	code = visit_verb(line, FROM_CAGE, &visit, where);
	if (!is_documented(code) && code != HUNG)
		defect(where, "exit %d", code);
	if (run_printed("secret"))
		defect(where, "gives away what is root's");
	if (begun) {
		swap_end();
		sweep.steps++;
	}
	undo(line, NULL, where);
}

void
sweep_swap(const struct line *line)
{
	struct way way;

	walk_way(line, FROM_CAGE, true, &way);
	for (size_t i = 2; line->verb.words[i]; i++) {
		const char *path = swap_path_in(line->verb.words[i]);

		if (!path)
			continue;
		sweep.calls += way.calls;
		for (int up = 0; up < 3; up++) {
			bool possible = false;

			run_all(line->before, line->before_count);
			if (swap_begin(SWAP_SYMLINK, path, up)) {
				possible = true;
				swap_end();
			}
			undo(line, NULL, line->name);
			if (!possible)
				continue;
			for (enum swap swap = 0; swap < SWAP_FILE; swap++) {
				if (up && (swap == SWAP_TRUNCATE || swap == SWAP_HARD_LINK))
					continue;
				for (unsigned long when = first_of(way.calls); when <= way.calls; when += step_of(way.calls))
					swap_at(line, when, swap, path, up);
			}
		}
	}
	forget_way(&way);
}
