/*
 * verdict.h: what a step must have come to.
 */
#pragma once

#include "sweep/sweep.h"
#include "sweep/visit.h"

#include <stdbool.h>

/* Counts it, and prints the first few, with what the program said last. */
void defect(const char *where, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool is_documented(int code);
void pause_ms(long ms);

/* Whether the state is (or soon is: who was killed may hold something a moment longer) one of these; else, after
 * so many tries, how it differs from the first is printed below the title. */
bool becomes(const struct state *const wanted[], enum likeness likeness, const char *const *but, const char *title,
	     int tries);
bool is_now(const struct state *wanted, enum likeness likeness, const char *const *but, const char *title);

/* What the line says takes everything back, and the other's if there is one: then the state is the clean one, or
 * there is no going on. */
void undo(const struct line *line, const struct line *other, const char *where);

/* Whether the state is one that this code may leave. */
void judge(const struct line *line, const struct way *way, int code, const char *where);

/* What the verb has set on its way by ending so is through. */
void settle(const struct line *line, int code);
