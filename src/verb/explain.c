/*
 * explain: what a verb takes, checks, keeps and leaves, read off its row.
 */
#include "surface.h"

static struct {
	struct verb_name verb;
	bool json;
} ask;

static const struct operand operands[] = {
	{ .name = "VERB", .gate = &gate_verb_name, .into = &ask.verb },
	{ .name = "format=", .value = "json", .gate = &gate_json_format, .into = &ask.json,
	  .occurs = MAYBE },
	LIST_END
};

static enum code
act(const struct settings *settings)
{
	const struct verb *verb = verb_find(ask.verb.text);

	if (!verb)
		return refused(REASON_USAGE, "no such verb; banger-priv verbs lists them");
	if (ask.json)
		surface_explain_json(verb, settings);
	else
		surface_explain(verb, settings);
	return CODE_DONE;
}

const struct verb verb_explain = {
	.name = "explain",
	.summary = "what a verb takes, checks, keeps and leaves",
	.effect = "none",
	.on_failure = "nothing",
	.operands = operands,
	.for_people = true,
	.stages = STAGES({ .keep = { .as = AS_CALLER }, .act = act }),
};
