/*
 * shape.h: a gate's shape as a table, which the build makes of the expression (compile.c).
 *
 * regcomp(3) at run time took four fifths of the instructions of most verbs, and is much code to have in a
 * process of root's.
 */
#pragma once

#include "gate/gate.h"

enum {
	SHAPE_DEAD,             /* the state that nothing leaves */
	SHAPE_START,
	SHAPE_KEYS_MAX = 4,
};

struct shape {
	uint8_t class_of[256];  /* of each byte, the NUL at the end of the text among them */
	uint8_t classes;
	uint8_t last;           /* state */
	/* From a state, over the text of a configured value, to another.  None goes round in a circle. */
	uint8_t key_count;
	struct { uint8_t from, key, to; } keys[SHAPE_KEYS_MAX];
	/* By state, then class.  What the NUL leads to, but to SHAPE_DEAD, is admitted. */
	uint8_t next[];
};

/* NULL when there is none (a defect, caught by tests/gate). */
const struct shape *shape_of(const struct gate *gate);

/* Whether the whole text is of the shape. */
bool shape_fits(const struct shape *shape, const char *text, const struct settings *settings);

/* The number of a configured value that a template may name, or -1; and its text. */
int shape_key(const char *name, size_t length);
const char *shape_value(unsigned key, const struct settings *settings);
