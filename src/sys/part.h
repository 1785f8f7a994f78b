/*
 * part.h: the verbs of one batch call: for each a child that does nothing until it is told to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PARTS_MAX = 64 };

struct part {
	const char *name;               /* the verb's */
	pid_t child;
	int fd;                         /* FD_PARTS and its place */
};

struct parts {
	unsigned count;
	struct part each[PARTS_MAX];
};

/* fork(2), with a pair of sockets between the two.  In the child it gives 0: there the socket is stdout,
 * and but for stdin, stderr and FD_AUDIT nothing that was open stays so.  In the parent it gives 1, and one
 * more of parts, which must not be full, or -errno. */
int part_fork(struct parts *parts, const char *name);

/* For the child: says that it is ready to act, and waits.  1 once it is told to, 0 when it never will be, -errno. */
int part_await(void);

/* For the child that a gate refuses: waits until it may say why; false when it may not.  Only the first one may. */
bool part_await_word(void);

/* What a child made of its gates: it waits for its turn; it was refused, has said why and ended; or it just ended. */
enum gated { GATED_READY, GATED_REFUSED, GATED_LOST };

/* Waits for that.  When it has ended *status is as waitpid(2) gives it. */
enum gated part_gated(const struct part *part, int *status);

/* Tells the child and waits for its end.  *status as above; out holds the JSON object that it printed, or ""
 * when that is anything but one line of printable ASCII below size bytes.  0 or -errno. */
int part_run(const struct part *part, int *status, char *out, size_t size);

/* The child will never be told, and ends. */
void part_dismiss(const struct part *part);
