/*
 * compile.c: a shape's expression into its table: Thompson's automaton, then the sets of its states.
 *
 * Not in the program: the build runs it, and links in what it gives (shapes.c).  It knows what shapes are
 * written in, which is an extended regular expression without ., ^, $ and [^…], and a defect in one ends the build.
 * tests/gate holds each table against regcomp(3) of the same text.
 */
#include "gate/shape.h"

#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 1024, SET_WORDS = NODES_MAX / 64, STATES_MAX = 256 };

/* A node without bytes and key is passed at once, by either way out. */
struct node {
	bool takes[256];
	bool takes_bytes;
	int key;                /* -1 is none */
	int ways[2];            /* -1 is none */
};

static struct node nodes[NODES_MAX];
static int node_count;
static const char *at;          /* what is left of the expression */

/* A part of the automaton: what enters it at `first` comes out of `last`, which has no way out yet. */
struct part { int first, last; };

static _Noreturn void
give_up(const char *what)
{
	die(REASON_FAILED, "cannot compile a shape: %s at \"%s\"", what, at);
}

static int
new_node(void)
{
	if (node_count == NODES_MAX)
		give_up("too many nodes");
	nodes[node_count] = (struct node){ .key = -1, .ways = { -1, -1 } };
	return node_count++;
}

static struct part
new_part(void)
{
	struct part part;

	part.first = new_node();
	part.last = new_node();
	nodes[part.first].ways[0] = part.last;
	return part;
}

static struct part alternatives(void);

static void
take(struct node *node, unsigned char low, unsigned char high)
{
	if (low > high)
		give_up("a range that is none");
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
		give_up("a bracket of what is not taken");
	while (*at && (*at != ']' || at == first)) {
		bool range = at[1] == '-' && at[2] && at[2] != ']';

		take(node, (unsigned char)at[0], (unsigned char)at[range ? 2 : 0]);
		at += range ? 3 : 1;
	}
	if (*at++ != ']')
		give_up("a bracket without end");
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
			give_up("a parenthesis without end");
		return part;
	}
	part = new_part();
	if (*at == '[') {
		at++;
		bracket(&nodes[part.first]);
	} else if (*at == '<') {
		close = strchr(at, '>');
		nodes[part.first].key = close ? shape_key(at + 1, (size_t)(close - at) - 1) : -1;
		if (nodes[part.first].key < 0)
			give_up("no such configured value");
		at = close + 1;
	} else {
		if (!*at || strchr(".^$*+?{", *at) || (*at == '\\' && !*++at))
			give_up("not what a shape is written in");
		take(&nodes[part.first], (unsigned char)*at, (unsigned char)*at);
		at++;
	}
	return part;
}

static void
append(struct part *part, struct part more)
{
	nodes[part->last].ways[0] = more.first;
	part->last = more.last;
}

static void
may_be_passed(struct part *part)
{
	struct part around = new_part();

	nodes[around.first].ways[1] = part->first;
	nodes[part->last].ways[0] = around.last;
	*part = around;
}

static void
may_be_repeated(struct part *part)
{
	int last = new_node();

	nodes[part->last].ways[0] = last;
	nodes[last].ways[1] = part->first;
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
		give_up("a count that is none");
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
		nodes[around.first].ways[0] = whole.first;
		nodes[around.first].ways[1] = other.first;
		nodes[whole.last].ways[0] = nodes[other.last].ways[0] = around.last;
		whole = around;
	}
	return whole;
}

/* ---- sets of nodes are the states of the table ---- */

struct set { uint64_t words[SET_WORDS]; };

static struct set sets[STATES_MAX];
static unsigned set_count;
static int final;

static bool
has(const struct set *set, int node)
{
	return set->words[node / 64] >> (node % 64) & 1;
}

/* The node, and what is reached from it without a byte. */
static void
enter(struct set *set, int node)
{
	if (node < 0 || has(set, node))
		return;
	set->words[node / 64] |= UINT64_C(1) << (node % 64);
	if (nodes[node].takes_bytes || nodes[node].key >= 0)
		return;
	enter(set, nodes[node].ways[0]);
	enter(set, nodes[node].ways[1]);
}

static uint8_t
state_of(const struct set *set)
{
	for (unsigned i = 0; i < set_count; i++)
		if (memcmp(&sets[i], set, sizeof(*set)) == 0)
			return (uint8_t)i;
	if (set_count == STATES_MAX)
		give_up("too many states");
	sets[set_count] = *set;
	return (uint8_t)set_count++;
}

static uint8_t
over_byte(unsigned state, unsigned byte)
{
	struct set to = { 0 };

	for (int i = 0; i < node_count; i++)
		if (has(&sets[state], i) && nodes[i].takes[byte])
			enter(&to, nodes[i].ways[0]);
	/* The end of the text leads on from where the automaton may end: to a state of which no more is asked. */
	return byte == '\0' ? has(&sets[state], final) ? SHAPE_START : SHAPE_DEAD : state_of(&to);
}

static void
add_keys(struct shape *shape, unsigned state)
{
	for (int i = 0; i < node_count; i++) {
		struct set to = { 0 };

		if (!has(&sets[state], i) || nodes[i].key < 0)
			continue;
		if (shape->key_count == SHAPE_KEYS_MAX)
			give_up("too many configured values");
		enter(&to, nodes[i].ways[0]);
		shape->keys[shape->key_count].from = (uint8_t)state;
		shape->keys[shape->key_count].key = (uint8_t)nodes[i].key;
		shape->keys[shape->key_count++].to = state_of(&to);
	}
}

/* Bytes that no node tells apart are one class. */
static void
classify(struct shape *shape)
{
	unsigned first[256] = { 0 };

	for (unsigned byte = 0; byte < 256; byte++) {
		unsigned class = 0;

		for (; class < shape->classes; class++) {
			bool same = byte != '\0' && first[class] != '\0';

			for (int i = 0; i < node_count && same; i++)
				same = nodes[i].takes[byte] == nodes[i].takes[first[class]];
			if (same)
				break;
		}
		if (class == shape->classes)
			first[shape->classes++] = byte;
		shape->class_of[byte] = (uint8_t)class;
	}
}

static bool
leads_to(const struct shape *shape, unsigned from, unsigned wanted, bool seen[])
{
	bool found = from == wanted;

	if (seen[from])
		return false;
	seen[from] = true;
	for (unsigned class = 1; class < shape->classes && !found; class++)
		found = leads_to(shape, shape->next[from * shape->classes + class], wanted, seen);
	for (unsigned i = 0; i < shape->key_count && !found; i++)
		found = shape->keys[i].from == from && leads_to(shape, shape->keys[i].to, wanted, seen);
	return found;
}

/* At run time the way over a configured value is a call: round in a circle, its depth would be the caller's to say. */
static void
refuse_circles(const struct shape *shape)
{
	for (unsigned i = 0; i < shape->key_count; i++) {
		bool seen[STATES_MAX] = { false };

		if (leads_to(shape, shape->keys[i].to, shape->keys[i].from, seen))
			give_up("a configured value in a repetition");
	}
}

/* What it gives holds until the next call. */
const struct shape *
shape_of(const struct gate *gate)
{
	static union {
		struct shape shape;
		uint8_t room[sizeof(struct shape) + STATES_MAX * sizeof(((struct shape *)0)->class_of)];
	} table;
	struct shape *shape = &table.shape;
	struct set start = { 0 };
	struct part whole;

	memset(&table, 0, sizeof(table));
	node_count = 0;
	at = gate->shape;
	whole = alternatives();
	if (*at)
		give_up("a parenthesis too many");
	final = whole.last;
	enter(&start, whole.first);
	sets[SHAPE_DEAD] = (struct set){ 0 };
	sets[SHAPE_START] = start;
	set_count = SHAPE_START + 1;
	classify(shape);
	for (unsigned state = 0; state < set_count; state++) {
		add_keys(shape, state);
		for (unsigned byte = 0; byte < 256; byte++)
			shape->next[state * shape->classes + shape->class_of[byte]] = over_byte(state, byte);
	}
	shape->last = (uint8_t)(set_count - 1);
	refuse_circles(shape);
	return shape;
}
