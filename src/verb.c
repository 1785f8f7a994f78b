/*
 * verb.c: the table of verbs, and a command line against a verb's table of operands.
 */
#include "verb.h"

#include <string.h>

#define VERB(id) extern const struct verb verb_##id;
#include "verbs.def"
#undef VERB

#define VERB(id) &verb_##id,
const struct verb *const verbs[] = {
#include "verbs.def"
	NULL,
};
#undef VERB

const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; verbs[i]; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

const char *
verb_not_for_batch(const struct verb_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct verb *verb = verb_find(list->each[i].text);

		if (!verb || verb->for_people || verb->alone)
			return list->each[i].text;
	}
	return NULL;
}

static bool
is_key(const struct operand *operand)
{
	return operand->name[strlen(operand->name) - 1] == '=';
}

/* The part of the word that is the operand's value, or NULL when the word is not for it. */
static const char *
value_for(const struct operand *operand, const char *word)
{
	size_t length = strlen(operand->name);

	if (!is_key(operand))
		return word;
	return strncmp(word, operand->name, length) == 0 ? word + length : NULL;
}

static bool
is_repeated(const struct operand *operand)
{
	return operand->occurs == ONE_OR_MORE || operand->occurs == ANY_NUMBER;
}

/* A word with the key of a later operand is none of those before it, missing or repeated.  No gate admits one. */
static bool
is_for_later(const struct operand *operand, const char *word)
{
	while ((++operand)->name)
		if (is_key(operand) && value_for(operand, word))
			return true;
	return false;
}

static void
admit_value(const struct operand *operand, const char *value, const struct settings *settings)
{
	char want[MESSAGE_BYTES] = "";
	char *into = operand->into;
	enum reason reason;

	if (operand->many) {
		if (operand->many->count == operand->many->max)
			die(REASON_USAGE, "%s at most %u times", operand->name, operand->many->max);
		into += operand->many->count * operand->many->size;
	}
	reason = gate_admit(operand->gate, value, settings, into);
	if (reason != REASON_NONE) {
		gate_expand(operand->gate->want, false, settings, want, sizeof(want));
		die(reason, "%s must be %s", operand->name, want);
	}
	if (operand->many)
		operand->many->count++;
}

void
verb_admit(const struct verb *verb, char *const words[], const struct settings *settings)
{
	static const struct operand none[] = { LIST_END };
	const struct operand *operand = verb->operands ? verb->operands : none;
	unsigned seen = 0;

	for (; operand->name; operand++) {
		bool due = operand->occurs == ONCE || operand->occurs == ONE_OR_MORE;

		if (operand->occurs == ALSO) {
			if (seen == 0)
				continue;
			due = true;
		}
		seen = 0;
		while (*words && (seen == 0 || is_repeated(operand))) {
			const char *value = value_for(operand, *words);

			if (!value || is_for_later(operand, *words))
				break;
			admit_value(operand, value, settings);
			words++;
			seen++;
		}
		if (seen == 0 && due)
			die(REASON_USAGE, "%s is missing; see banger-priv help %s", operand->name,
			    verb->name);
	}
	if (*words)
		die(REASON_USAGE, "an operand too many, or out of its place; see banger-priv help %s",
		    verb->name);
}
