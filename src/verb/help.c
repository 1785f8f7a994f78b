/*
 * help: how to call it; one verb, or all.
 */
#include "surface.h"

static struct {
	struct verb_name verb;
} ask;

static const struct operand operands[] = {
	{ .name = "VERB", .gate = &gate_verb_name, .into = &ask.verb, .occurs = MAYBE },
	LIST_END
};

static void
print_all(void)
{
	print("usage: sudo banger-priv VERB OPERAND...\n\n"
	      "The privileged half of banger: one verb per operation on Firecracker microVMs.\n\n");
	for (size_t i = 0; verbs[i]; i++) {
		char synopsis[1024];

		surface_synopsis(verbs[i], synopsis, sizeof(synopsis));
		print("  %s\n      %s\n", synopsis, verbs[i]->summary);
	}
	print("\nExit status:\n");
	for (enum code code = CODE_DONE; code <= CODE_NO; code++)
		if (code_name(code))
			print("  %d  %s\n", (int)code, code_name(code));
	print("\nbanger-priv explain VERB tells what a verb checks and what it keeps.\n");
}

static enum code
act(const struct settings *settings)
{
	const struct verb *verb = verb_find(ask.verb.text);
	char synopsis[1024];

	if (!ask.verb.text[0]) {
		print_all();
		return CODE_DONE;
	}
	if (!verb)
		return refused(REASON_USAGE, "no such verb; banger-priv verbs lists them");
	surface_synopsis(verb, synopsis, sizeof(synopsis));
	print("usage: %sbanger-priv %s\n  %s\n", verb->for_people ? "" : "sudo ", synopsis,
	      verb->summary);
	surface_operands(verb, settings);
	return CODE_DONE;
}

const struct verb verb_help = {
	.name = "help",
	.summary = "how to call it",
	.effect = "none",
	.on_failure = "nothing",
	.operands = operands,
	.for_people = true,
	.stages = STAGES({ .keep = { .as = AS_CALLER }, .act = act }),
};
