/*
 * sudoers: the rules for the configuration in force, one per verb.
 *
 * Form regex (sudo 1.9.10 and later) carries each verb's shapes; form portable (sudo-rs, and older
 * sudo) the verb and a lone asterisk.  The program checks all of it again either way.
 */
#include "surface.h"

#include <string.h>

static struct {
	bool portable;
} ask;

static const struct operand operands[] = {
	{ .name = "form=", .value = "regex|portable", .gate = &gate_sudoers_form,
	  .into = &ask.portable, .occurs = MAYBE },
	LIST_END
};

/* sudo asks the last rule first, and on its way up compiles the expression of each: the longest, which few verbs
 * have and which take it longest, are asked last. */
static void
print_rules(const struct settings *settings)
{
	static char rules[VERBS][8192];
	const char *ordered[VERBS];
	size_t count = 0;

	for (; verbs[count]; count++) {
		size_t at = count;

		surface_rules(verbs[count], ask.portable, settings, rules[count], sizeof(rules[count]));
		for (; !ask.portable && at && strlen(ordered[at - 1]) < strlen(rules[count]); at--)
			ordered[at] = ordered[at - 1];
		ordered[at] = rules[count];
	}
	for (size_t i = 0; i < count; i++)
		print("%s", ordered[i]);
}

static enum code
act(const struct settings *settings)
{
	print("# sudoers rules of banger-priv: the owner may call each verb as root.\n"
	      "# Printed by `banger-priv sudoers%s`; change the configuration, not this file.\n"
	      "# The program checks every operand again by itself.\n",
	      ask.portable ? " form=portable" : "");
	if (!ask.portable)
		print("# A verb is no session: what PAM sets up for one (limits, groups, keys) the program undoes or never "
		      "uses.\n" SURFACE_SUDO_DEFAULTS "\n");
	print_rules(settings);
	return CODE_DONE;
}

const struct verb verb_sudoers = {
	.name = "sudoers",
	.summary = "the sudoers rules for the configuration in force",
	.effect = "none",
	.on_failure = "nothing",
	.operands = operands,
	.for_people = true,
	.stages = STAGES({ .keep = { .as = AS_CALLER }, .act = act }),
};
