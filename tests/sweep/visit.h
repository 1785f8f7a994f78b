/*
 * visit.h: a verb on its way, and one point of it where something happens.
 */
#pragma once

#include "sweep/run.h"
#include "sweep/state.h"
#include "tracer.h"

#include <stdbool.h>

enum { CALLS_MAX = 4096 };

struct visit {
	unsigned long when, seen;
	int error;                      /* fail: at `when`; without: at every `only_call` */
	long only_call;                 /* -1 is any */
	bool paths_only;                /* counts the calls that take a path */
	bool all_at_once;               /* kill: the verb's children too */
	bool until_cage;                /* start: not where the verb or a child of it has closed its cage */
	bool is_caged;
	bool reached;
	bool is_first;                  /* it was the verb itself that made the call, not a child */
	bool is_on_stdin;               /* asked what that is: refused, nothing is read from it */
	bool is_on_stdout;              /* wrote there, or asked whether it may: refused, nobody hears of what is done */
	long *calls;                    /* count: which they were, from 1 on */
	bool (*may_give)(long call, int error);         /* answer: NULL, any call any error */
	void (*meanwhile)(void *context);
	void *context;
	enum { VISIT_COUNT, VISIT_KILL, VISIT_ANSWER, VISIT_HOLD } how;
	pid_t stranger;
	int stranger_status;
};

bool is_among(long call, const long *calls);

/* The end cannot fail, nor can what only tells; brk answers with an address; and libc ends a process whose futex(2)
 * does not work. */
extern const long infallible[];

/* The verb, traced; its exit code. */
int visit_words(const struct command *command, const char *const words[], enum start start, struct visit *visit,
		const char *where);
int visit_verb(const struct line *line, enum start start, struct visit *visit, const char *where);

/* The verb's whole way, once: how many calls, what it ends with, what state that is. */
struct way {
	unsigned long calls;
	long call[CALLS_MAX];
	int code;
	bool dated;             /* what it writes carries the time */
	struct state before, done;
};

void walk_way(const struct line *line, enum start start, bool paths_only, struct way *way);
void forget_way(struct way *way);

/* From one of `count` points to the next, so that there are no more than the limit; and where to begin, which is each
 * time somewhere else. */
unsigned long step_of(unsigned long count);
unsigned long first_of(unsigned long count);

/* "VERB WHAT at its call WHEN", until the next. */
const char *place(const struct line *line, const char *what, unsigned long when);
