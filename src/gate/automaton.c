/*
 * automaton.c: Thompson's construction, read from the left.
 */
#include "gate/automaton.h"

#include "gate/shape.h"

#include <stdlib.h>
#include <string.h>

struct automaton automaton;

static const char *at;          /* what is left of the expression */

/* A part of the automaton: what enters it at `first` comes out of `last`, which has no way out yet. */
struct part { int first, last; };

_Noreturn void
automaton_give_up(const char *what)
{
	die(REASON_FAILED, "cannot compile a shape: %s at \"%s\"", what, at);
}

static int
new_node(void)
{
	if (automaton.count == NODES_MAX)
		automaton_give_up("too many nodes");
	automaton.nodes[automaton.count] = (struct node){ .key = -1, .ways = { -1, -1 } };
	return automaton.count++;
}

static struct part
new_part(void)
{
	struct part part;

	part.first = new_node();
	part.last = new_node();
	automaton.nodes[part.first].ways[0] = part.last;
	return part;
}

static struct part alternatives(void);

static void
take(struct node *node, unsigned char low, unsigned char high)
{
	if (low > high)
		automaton_give_up("a range that is none");
	node->takes_bytes = true;
	for (unsigned byte = low; byte <= high; byte++)
		node->takes[byte] = true;
}

/* Behind the [: a ] that comes first is a byte like others. */
static void
bracket(struct node *node)
{
	const char *first = at;

	if (*at == '^')
		automaton_give_up("a bracket of what is not taken");
	while (*at && (*at != ']' || at == first)) {
		bool range = at[1] == '-' && at[2] && at[2] != ']';

		take(node, (unsigned char)at[0], (unsigned char)at[range ? 2 : 0]);
		at += range ? 3 : 1;
	}
	if (*at++ != ']')
		automaton_give_up("a bracket without end");
}

static struct part
atom(void)
{
	struct part part;
	const char *close;

	if (*at == '(') {
		at++;
		part = alternatives();
		if (*at++ != ')')
			automaton_give_up("a parenthesis without end");
		return part;
	}
	part = new_part();
	if (*at == '[') {
		at++;
		bracket(&automaton.nodes[part.first]);
	} else if (*at == '<') {
		close = strchr(at, '>');
		automaton.nodes[part.first].key = close ? shape_key(at + 1, (size_t)(close - at) - 1) : -1;
		if (automaton.nodes[part.first].key < 0)
			automaton_give_up("no such configured value");
		at = close + 1;
	} else {
		if (!*at || strchr(".^$*+?{", *at) || (*at == '\\' && !*++at))
			automaton_give_up("not what a shape is written in");
		take(&automaton.nodes[part.first], (unsigned char)*at, (unsigned char)*at);
		at++;
	}
	return part;
}

static void
append(struct part *part, struct part more)
{
	automaton.nodes[part->last].ways[0] = more.first;
	part->last = more.last;
}

static void
may_be_passed(struct part *part)
{
	struct part around = new_part();

	automaton.nodes[around.first].ways[1] = part->first;
	automaton.nodes[part->last].ways[0] = around.last;
	*part = around;
}

static void
may_be_repeated(struct part *part)
{
	int last = new_node();

	automaton.nodes[part->last].ways[0] = last;
	automaton.nodes[last].ways[1] = part->first;
	part->last = last;
}

/* {LOW} or {LOW,HIGH}: the atom is read again for each. */
static void
counted(struct part *part, const char *again)
{
	char *end;
	unsigned long low = strtoul(at + 1, &end, 10), high = *end == ',' ? strtoul(end + 1, &end, 10) : low;
	const char *behind = end + 1;

	if (*end != '}' || low > high || high == 0)
		automaton_give_up("a count that is none");
	if (low == 0)
		may_be_passed(part);
	for (unsigned long i = 1; i < high; i++) {
		struct part more;

		at = again;
		more = atom();
		if (i >= low)
			may_be_passed(&more);
		append(part, more);
	}
	at = behind;
}

static struct part
sequence(void)
{
	struct part whole = new_part();

	while (*at && *at != '|' && *at != ')') {
		const char *again = at;
		struct part part = atom();
		char times = *at;

		if (times == '*' || times == '+')
			may_be_repeated(&part);
		if (times == '*' || times == '?')
			may_be_passed(&part);
		if (times == '{')
			counted(&part, again);
		else if (times && strchr("*+?", times))
			at++;
		append(&whole, part);
	}
	return whole;
}

static struct part
alternatives(void)
{
	struct part whole = sequence();

	while (*at == '|') {
		struct part around = new_part(), other;

		at++;
		other = sequence();
		automaton.nodes[around.first].ways[0] = whole.first;
		automaton.nodes[around.first].ways[1] = other.first;
		automaton.nodes[whole.last].ways[0] = automaton.nodes[other.last].ways[0] = around.last;
		whole = around;
	}
	return whole;
}

void
automaton_build(const char *expression)
{
	struct part whole;

	automaton.count = 0;
	at = expression;
	whole = alternatives();
	if (*at)
		automaton_give_up("a parenthesis too many");
	automaton.first = whole.first;
	automaton.last = whole.last;
}
