/*
 * sweep.h: the sweep at hand, and the classes of harm that it may be of.
 */
#pragma once

#include "sweep/plan.h"
#include "sweep/state.h"

extern struct sweep {
	const char *class;
	unsigned long limit;                            /* of points on a way; 0 is none */
	unsigned long lot;                              /* where the next ones begin */
	struct state clean;                             /* before everything */
	unsigned long calls, steps, defects;            /* of the line at hand */
	unsigned long all_calls, all_steps, all_defects;
} sweep;

/* Each puts one line through all of its steps, and counts them; what must hold is said at each. */
void sweep_kill(const struct line *line);
void sweep_begin(const struct line *line);
void sweep_start(const struct line *line);
void sweep_fail(const struct line *line);
void sweep_without(const struct line *line);
void sweep_launch(const struct line *line);
void sweep_paths(const struct line *line);
void sweep_weaker(const struct line *line);
void sweep_swap(const struct line *line);
void sweep_pair(const struct line *line);
