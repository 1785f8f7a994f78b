/*
 * launch.c: the verb is started with what an attacker can hand down, see tests/hostile.c: the same code and the same
 * state.
 */
#include "sweep/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Then there is nobody to tell, which is 5 where there was something to tell. */
static bool
takes_stdout(const char *attribute)
{
	return strncmp(attribute, "stdout", 6) == 0 || strcmp(attribute, "all") == 0;
}

static void
launch_with(const struct line *line, const struct way *way, const char *hostile, const char *attribute)
{
	const char *words[ARGUMENTS_MAX] = { hostile, attribute };
	char where[256];
	int code;

	snprintf(where, sizeof(where), "%s with %s", line->name, attribute);
	run_all(line->before, line->before_count);
	words_of(&line->verb, words + 2);
	code = run_words(&line->verb, words);
	if (code != way->code && !(code == 5 && takes_stdout(attribute)))
		defect(where, "exit %d instead of %d", code, way->code);
	else
		judge(line, way, way->code, where);
	undo(line, NULL, where);
	sweep.steps++;
}

void
sweep_launch(const struct line *line)
{
	char hostile[512], command[600], attribute[64];
	struct way way;
	FILE *list;

	snprintf(hostile, sizeof(hostile), "%s/tests/hostile", getenv("BANGER_BUILD"));
	snprintf(command, sizeof(command), "%s list", hostile);
	walk_way(line, FROM_CAGE, false, &way);
	list = popen(command, "re");
	while (list && fgets(attribute, sizeof(attribute), list)) {
		attribute[strcspn(attribute, "\n")] = '\0';
		/* An attacker's stdin is no input. */
		if (line->verb.input && strncmp(attribute, "stdin", 5) == 0)
			continue;
		launch_with(line, &way, hostile, attribute);
	}
	pclose(list);
	launch_with(line, &way, hostile, "all");
	forget_way(&way);
}
