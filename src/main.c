/*
 * main: the straight line that every verb takes.  Each step dies with its own exit code; nothing
 * before the last one changes anything.
 */
#include "cage/tidy.h"
#include "config/config.h"
#include "say/say.h"
#include "steps.h"
#include "verb.h"

int
main(int argc, char *argv[])
{
	static struct settings settings;
	struct inherited was;
	const struct verb *verb;

	tidy(&was);
	verb = step_find_verb(argc, argv);
	if (!verb->for_people) {
		audit_open();
		audit_begin(was.sudo_uid, verb->name, argv + 2);
	}
	waiting_look();
	config_load(&settings, !verb->for_people);
	if (!verb->for_people) {
		step_admit_batch_key(&settings);
		step_admit_caller(&was, &settings);
	}
	verb_admit(verb, argv + (argc > 2 ? 2 : argc), &settings);
	if (verb->parts)
		verb = step_divide(verb, argv + 2, &was, &settings);
	step_take_lock(verb);
	step_open_handles(verb);
	finish(step_act(verb, &settings));
}
