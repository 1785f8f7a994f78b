/*
 * defaults: the program as it is without any configuration file, for what is installed and for tests/generate; and
 * what names its defaults beside: the configuration that is all comments, and, with a template on stdin, the manual
 * pages.
 */
#include "config/config.h"
#include "config/keys.h"
#include "page.h"
#include "say/say.h"
#include "steps.h"

#include <stdio.h>
#include <string.h>

static void
list_keys(void)
{
	for (size_t i = 0; key_name(i); i++)
		print("%s\n", key_name(i));
}

static void
list_row(const struct verb *verb, const char *operand, const char *what)
{
	print("| `%s` | %s | %s |\n", verb->name, operand, what);
}

/* What sudo lets through in form regex, for docs/sudo-is-wider.md: of each operand, of how often it may be there, and
 * of all together. */
static void
list_wider(void)
{
	char name[128], many[64];

	for (size_t i = 0; verbs[i]; i++) {
		const struct verb *verb = verbs[i];

		for (const struct operand *operand = verb->operands; operand && operand->name; operand++) {
			snprintf(name, sizeof(name), "`%s`", operand->name);
			if (operand->gate->sudo_wider)
				list_row(verb, name, operand->gate->sudo_wider);
			if (operand->many) {
				snprintf(many, sizeof(many), "more than %u", operand->many->max);
				list_row(verb, name, many);
			}
		}
		if (verb->parts) {
			snprintf(many, sizeof(many), "more than %d verbs", PARTS_MAX);
			list_row(verb, "together", many);
		}
		if (verb->sudo_wider)
			list_row(verb, "together", verb->sudo_wider);
	}
}

static void
write_configuration(void)
{
	print("# banger-priv configuration; see priv.conf(5).  Every key is optional, these are the defaults.\n"
	      "# The file must be root's, writable by nobody else, and so must every directory above it.\n\n");
	for (size_t i = 0; key_name(i); i++)
		print("# %s =%s%s\n", key_name(i), *key_standard(i) ? " " : "", key_standard(i));
}

int
main(int argc, char *argv[])
{
	static struct settings settings;
	const struct verb *verb;
	char why[256];

	if (!config_parse("", 0, &settings, why, sizeof(why)))
		die(REASON_CONFIG, "%s", why);
	if (argc == 2 && strcmp(argv[1], "keys") == 0) {
		list_keys();
	} else if (argc == 2 && strcmp(argv[1], "wider") == 0) {
		list_wider();
	} else if (argc == 2 && strcmp(argv[1], "priv.conf") == 0) {
		write_configuration();
	} else if (argc == 2 && strcmp(argv[1], "page") == 0) {
		page_write(&settings);
	} else {
		verb = step_find_verb(argc, argv);
		if (!verb->for_people)
			die(REASON_USAGE, "this build of the program only talks");
		verb_admit(verb, argv + 2, &settings);
		finish(verb->stages[0].act(&settings));
	}
	finish(CODE_DONE);
}
