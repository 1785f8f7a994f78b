/*
 * defaults: the program as it is without any configuration file, for tests/generate; and, for the
 * manual pages, the reason words and the configuration's keys, one per line.
 */
#include "config/config.h"
#include "say/say.h"
#include "steps.h"

#include <stdio.h>
#include <string.h>

static void
list_reasons(void)
{
	for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
		print("%s %d %s\n", reason_word(reason), (int)reason_code(reason),
		      reason_meaning(reason));
}

static void
list_keys(void)
{
	const char *standard, *want, *name;

	for (size_t i = 0; (name = config_key(i, &standard, &want)); i++)
		print("%s %s %s\n", name, *standard ? standard : "(none)", want);
}

int
main(int argc, char *argv[])
{
	static struct settings settings;
	const struct verb *verb;
	char why[256];

	if (argc == 2 && strcmp(argv[1], "reasons") == 0) {
		list_reasons();
	} else if (argc == 2 && strcmp(argv[1], "keys") == 0) {
		list_keys();
	} else {
		if (!config_parse("", 0, &settings, why, sizeof(why)))
			die(REASON_CONFIG, "%s", why);
		verb = step_find_verb(argc, argv);
		if (!verb->for_people)
			die(REASON_USAGE, "this build of the program only talks");
		verb_admit(verb, argv + 2, &settings);
		finish(verb->stages[0].act(&settings));
	}
	finish(CODE_DONE);
}
