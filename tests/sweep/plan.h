/*
 * plan.h: tests/sweep/lines, read: what each verb's line says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MAX = 24, COMMANDS_MAX = 8, LINES_MAX = 64 };

/* A verb of the program with its operands, or what a shell does. */
struct command {
	const char *shell;      /* or NULL */
	char *words[WORDS_MAX]; /* the program, the verb, its operands, NULL */
	const char *input;      /* a file for stdin, or NULL */
};

struct line {
	struct command verb;
	const char *name;
	const char *group;      /* verbs of one group have the same objects */
	bool marks;             /* having failed it stays failed, until its undo: see launch-firecracker */
	bool goes_on;           /* one part that cannot be done keeps it from none of the others: see cleanup-vm */
	struct command before[COMMANDS_MAX], undo[COMMANDS_MAX];
	size_t before_count, undo_count;
};

extern struct line lines[LINES_MAX];
extern size_t line_count;

/* Ends the process, and says where, when a line is not of the form. */
void plan_read(const char *file);
