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
 * more of parts, which must not be full.  Or -errno, in either. */
int part_fork(struct parts *parts, const char *name);

/* For the child: says that it is ready, and waits; false when it will never be told. */
bool part_await(void);

/* False when the child ended instead of being ready; then *status is as waitpid(2) gives it. */
bool part_is_ready(const struct part *part, int *status);

/* Tells the child and waits for its end.  *status as above; out holds the JSON object that it printed, or ""
 * when that is anything but one line of printable ASCII below size bytes.  0 or -errno. */
int part_run(const struct part *part, int *status, char *out, size_t size);

/* The child will never be told, and ends. */
void part_dismiss(const struct part *part);
