/*
 * shapes.c: the table that the build made of each shape against regcomp(3) of the same text.
 *
 * Not with texts that somebody thought of, but with those that lead to each state of the table, there take each
 * byte, and then each way that ends well from any state (the W-method).  An expression that the table does
 * not stand for would have to have more states than it to pass.
 */
#include "gate/shape.h"
#include "shapes.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES = 256, TEXT_BYTES = 16 * 1024 };

/* The shortest text that leads to a state, and from it to an end that is admitted; NULL is none. */
static char *lead[STATES], *rest[STATES];

static unsigned
next_of(const struct shape *shape, unsigned state, unsigned byte)
{
	return shape->next[state * shape->classes + shape->class_of[byte]];
}

static char *
joined(const char *first, const char *second)
{
	char *text = NULL;

	if (asprintf(&text, "%s%s", first, second) < 0)
		exit(EXIT_FAILURE);
	return text;
}

/* One step from `from` to `to` by `step`, as part of a way there and of a way on. */
static bool
learn(unsigned from, const char *step, unsigned to)
{
	bool learnt = false;

	if (lead[from] && !lead[to] && to != SHAPE_DEAD) {
		lead[to] = joined(lead[from], step);
		learnt = true;
	}
	if (rest[to] && !rest[from] && from != SHAPE_DEAD) {
		rest[from] = joined(step, rest[to]);
		learnt = true;
	}
	return learnt;
}

static void
learn_ways(const struct shape *shape, const struct settings *settings)
{
	bool more = true;

	for (unsigned state = 0; state < STATES; state++) {
		free(lead[state]);
		free(rest[state]);
		lead[state] = rest[state] = NULL;
	}
	lead[SHAPE_START] = joined("", "");
	for (unsigned state = SHAPE_START; state <= shape->last; state++)
		if (next_of(shape, state, '\0') != SHAPE_DEAD)
			rest[state] = joined("", "");
	while (more) {
		more = false;
		for (unsigned state = SHAPE_START; state <= shape->last; state++)
			for (unsigned byte = 1; byte < 256; byte++)
				more |= learn(state, (char[2]){ (char)byte }, next_of(shape, state, byte));
		for (unsigned i = 0; i < shape->key_count; i++)
			more |= learn(shape->keys[i].from, shape_value(shape->keys[i].key, settings),
				      shape->keys[i].to);
	}
}

static bool
matches(const regex_t *regex, const char *text)
{
	regmatch_t whole;

	/* Not by anchoring: "^a|b$" anchors neither. */
	return regexec(regex, text, 1, &whole, 0) == 0 && whole.rm_so == 0 && text[whole.rm_eo] == '\0';
}

static unsigned
differs(const struct shape *shape, const regex_t *regex, const struct settings *settings, unsigned state,
	unsigned byte, const char *end)
{
	char text[TEXT_BYTES];

	snprintf(text, sizeof(text), "%s%c%s", lead[state], (char)byte, end);
	if (shape_fits(shape, text, settings) == matches(regex, text))
		return 0;
	printf("not as regcomp(3) has it: %s\n", text);
	return 1;
}

/* Of the bytes of a class one is enough with every end; each is tried with two. */
static unsigned
compare(const struct shape *shape, const regex_t *regex, const struct settings *settings, unsigned long *tried)
{
	unsigned wrong = 0;

	for (unsigned state = SHAPE_START; state <= shape->last; state++) {
		bool seen[256] = { false };

		if (!lead[state] || !rest[state]) {
			printf("nothing leads to state %u, or on from it\n", state);
			return 1;
		}
		for (unsigned byte = 1; byte < 256; byte++) {
			unsigned class = shape->class_of[byte], to = next_of(shape, state, byte);

			wrong += differs(shape, regex, settings, state, byte, "");
			wrong += differs(shape, regex, settings, state, byte, rest[to] ? rest[to] : "");
			*tried += 2;
			for (unsigned end = SHAPE_START; end <= shape->last && !seen[class]; end++, ++*tried)
				wrong += differs(shape, regex, settings, state, byte, rest[end]);
			seen[class] = true;
		}
	}
	return wrong;
}

/* Every entry of the table lies in it. */
static bool
is_closed(const struct shape *shape)
{
	for (unsigned byte = 0; byte < 256; byte++)
		if (shape->class_of[byte] >= shape->classes)
			return false;
	for (unsigned i = 0; i < (shape->last + 1U) * shape->classes; i++)
		if (shape->next[i] > shape->last || (i < shape->classes && shape->next[i] != SHAPE_DEAD))
			return false;
	for (unsigned i = 0; i < shape->key_count; i++)
		if (shape->keys[i].from > shape->last || shape->keys[i].to > shape->last)
			return false;
	return shape->key_count <= SHAPE_KEYS_MAX;
}

unsigned
check_shape(const struct gate *gate, const struct settings *settings, unsigned long *tried)
{
	const struct shape *shape = shape_of(gate);
	char expanded[TEXT_BYTES];
	regex_t regex;
	unsigned wrong;

	if (!shape || !is_closed(shape) || !gate_expand(gate->shape, true, settings, expanded, sizeof(expanded)) ||
	    regcomp(&regex, expanded, REG_EXTENDED) != 0) {
		printf("no shape, or none that holds: %s\n", gate->shape);
		return 1;
	}
	learn_ways(shape, settings);
	wrong = compare(shape, &regex, settings, tried);
	if (shape_fits(shape, "", settings) != matches(&regex, ""))
		wrong++;
	regfree(&regex);
	return wrong;
}
