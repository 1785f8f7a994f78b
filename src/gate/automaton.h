/*
 * automaton.h: the expression of a shape as an automaton that need not know yet which way it takes.
 *
 * Not in the program: the build compiles with it (compile.c).  It knows what shapes are written in, which is an extended
 * regular expression without ., ^, $ and [^...], and with <KEY> for a configured value.  A defect in one ends the build.
 */
#pragma once

#include <stdbool.h>

enum { NODES_MAX = 1024 };

/* A node without bytes and key is passed at once, by either way out. */
struct node {
	bool takes[256];
	bool takes_bytes;
	int key;                /* -1 is none */
	int ways[2];            /* -1 is none */
};

struct automaton {
	struct node nodes[NODES_MAX];
	int count;
	int first, last;        /* where a text begins, and where it may end */
};

/* What automaton_build made last. */
extern struct automaton automaton;

void automaton_build(const char *expression);

/* Ends the build, which says what of the expression could not be compiled. */
_Noreturn void automaton_give_up(const char *what);
