/*
 * compile.c: a shape's expression into its table, whose states are sets of the automaton's nodes.
 *
 * Not in the program: the build runs it, and links in what it gives (shapes.c).
 * tests/gate holds each table against regcomp(3) of the same text.
 */
#include "gate/automaton.h"
#include "gate/shape.h"

#include <string.h>

enum { SET_WORDS = NODES_MAX / 64, STATES_MAX = 256 };

struct set { uint64_t words[SET_WORDS]; };

static struct set sets[STATES_MAX];
static unsigned set_count;

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
	if (automaton.nodes[node].takes_bytes || automaton.nodes[node].key >= 0)
		return;
	enter(set, automaton.nodes[node].ways[0]);
	enter(set, automaton.nodes[node].ways[1]);
}

static uint8_t
state_of(const struct set *set)
{
	for (unsigned i = 0; i < set_count; i++)
		if (memcmp(&sets[i], set, sizeof(*set)) == 0)
			return (uint8_t)i;
	if (set_count == STATES_MAX)
		automaton_give_up("too many states");
	sets[set_count] = *set;
	return (uint8_t)set_count++;
}

static uint8_t
over_byte(unsigned state, unsigned byte)
{
	struct set to = { 0 };

	for (int i = 0; i < automaton.count; i++)
		if (has(&sets[state], i) && automaton.nodes[i].takes[byte])
			enter(&to, automaton.nodes[i].ways[0]);
	/* The end of the text leads on from where the automaton may end: to a state of which no more is asked. */
	return byte == '\0' ? has(&sets[state], automaton.last) ? SHAPE_START : SHAPE_DEAD : state_of(&to);
}

static void
add_keys(struct shape *shape, unsigned state)
{
	for (int i = 0; i < automaton.count; i++) {
		struct set to = { 0 };

		if (!has(&sets[state], i) || automaton.nodes[i].key < 0)
			continue;
		if (shape->key_count == SHAPE_KEYS_MAX)
			automaton_give_up("too many configured values");
		enter(&to, automaton.nodes[i].ways[0]);
		shape->keys[shape->key_count].from = (uint8_t)state;
		shape->keys[shape->key_count].key = (uint8_t)automaton.nodes[i].key;
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

			for (int i = 0; i < automaton.count && same; i++)
				same = automaton.nodes[i].takes[byte] == automaton.nodes[i].takes[first[class]];
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
			automaton_give_up("a configured value in a repetition");
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

	memset(&table, 0, sizeof(table));
	automaton_build(gate->shape);
	enter(&start, automaton.first);
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
