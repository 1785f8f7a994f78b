/*
 * verbs: the list.
 */
#include "surface.h"

static struct {
	bool json;
} ask;

static const struct operand operands[] = {
	{ .name = "format=", .value = "json", .gate = &gate_json_format, .into = &ask.json,
	  .occurs = MAYBE },
	LIST_END
};

static void
print_json(void)
{
	char synopsis[1024];

	json_open(NULL, '[');
	for (size_t i = 0; verbs[i]; i++) {
		surface_synopsis(verbs[i], synopsis, sizeof(synopsis));
		json_open(NULL, '{');
		json_text("verb", verbs[i]->name);
		json_text("synopsis", synopsis);
		json_text("summary", verbs[i]->summary);
		json_flag("for_people", verbs[i]->for_people);
		json_close('}');
	}
	json_close(']');
	print("\n");
}

static enum code
act(const struct settings *settings)
{
	(void)settings;
	if (ask.json) {
		print_json();
		return CODE_DONE;
	}
	for (size_t i = 0; verbs[i]; i++)
		print("%-24s %s\n", verbs[i]->name, verbs[i]->summary);
	return CODE_DONE;
}

const struct verb verb_verbs = {
	.name = "verbs",
	.summary = "every verb, a line each",
	.effect = "none",
	.on_failure = "nothing",
	.operands = operands,
	.for_people = true,
	.stages = STAGES({ .keep = { .as = AS_CALLER }, .act = act }),
};
