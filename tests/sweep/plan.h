/*
 * plan.h: tests/sweep/lines, read: what each verb's line says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MAX = 24, COMMANDS_MAX = 8, OBJECTS_MAX = 8, LINES_MAX = 64 };

/* A verb of the program with its operands, or what a shell does. */
struct command {
	const char *shell;      /* or NULL */
	char *words[WORDS_MAX]; /* the program, the verb, its operands, NULL */
	const char *input;      /* a file for stdin, or NULL */
};

struct line {
	struct command verb;
	const char *name;
	const char *objects[OBJECTS_MAX + 1];   /* what it works on; ends with NULL */
	const char *marks[OBJECTS_MAX + 1];     /* what is said of things that it may leave changed when it failed */
	bool goes_on;           /* one part that cannot be done keeps it from none of the others: see cleanup-vm */
	const char *ends;       /* done, it has set that process on its way to its end: @PID or @VM; or NULL */
	struct command before[COMMANDS_MAX], undo[COMMANDS_MAX];
	size_t before_count, undo_count;
};

extern struct line lines[LINES_MAX];
extern size_t line_count;

/* Ends the process, and says where, when a line is not of the form. */
void plan_read(const char *file);

/* Whether they have an object in common. */
bool plan_share(const struct line *one, const struct line *other);
