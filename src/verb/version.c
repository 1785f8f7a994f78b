/*
 * version: which one this is.
 */
#include "build-config.h"
#include "verb.h"

static enum code
act(const struct settings *settings)
{
	(void)settings;
	print("banger-priv " VERSION "\n");
	return CODE_DONE;
}

const struct verb verb_version = {
	.name = "version",
	.summary = "which version this is",
	.effect = "none",
	.on_failure = "nothing",
	.for_people = true,
	.stages = STAGES({ .keep = { .as = AS_CALLER }, .act = act }),
};
