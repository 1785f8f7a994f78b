/*
 * tracer.h: a command and what it forks, stopped at the entry of each of their system calls.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <sys/user.h>

struct tracee {
	pid_t pid;
	int answer;             /* the errno that the call in hand will give; 0 is the kernel's own */
	long last;              /* the call that it made last */
	bool again;             /* the call in hand is the last one, restarted by the kernel */
	unsigned long long rdi; /* of the call that is answered, as it was */
	bool caged;             /* it has closed its cage */
};

/* Where the calls begin that are of interest. */
enum start { FROM_EXEC, FROM_MAIN, FROM_CAGE };

struct tracer {
	enum start start;
	bool programs_too;      /* also the calls of what the command executes in its turn */
	bool first_only;        /* who follows is through when the command itself is; the rest is killed with us */
	/* At each entry from there on.  May change the registers (and says so), or set tracee->answer. */
	bool (*at_call)(struct tracer *tracer, struct tracee *tracee, struct user_regs_struct *regs);
	/* A child of the caller's that is no tracee has ended. */
	void (*at_stranger)(struct tracer *tracer, pid_t pid, int status);
	void *context;

	pid_t first;
	bool armed;             /* the command has been executed */
	bool started;           /* and its calls are of interest */
	bool leaving;           /* the command has ended, and what outlives it is let go */
	long bad_call;          /* what one of them died of by SIGSYS; -1 is none */
};

/* Starts COMMAND, with these as its standard input, output and error (-1: the caller's own).  False with errno. */
bool tracer_begin(struct tracer *tracer, char *const command[], const int stdio[3]);

/* Follows all of them to their ends, and gives the first one's wait status; -1 when a signal to the caller
 * came first: then all of them have been killed. */
int tracer_follow(struct tracer *tracer);

/* Kills all that are there. */
void tracer_kill(struct tracer *tracer);

unsigned long long *tracer_argument(struct user_regs_struct *regs, int index);
