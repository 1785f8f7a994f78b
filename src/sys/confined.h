/*
 * confined.h: a program of the system's that parses a guest's bytes, with one device and nothing else.
 */
#pragma once

#include "gate/gate.h"

/* Where confined_start's output can be read; before the cage closes.  0 or -errno. */
int confined_open_output(void);

/* Builds a mount namespace and leaves it as FD_MOUNTS: a file system in memory, read-only, with the
 * host's programs and libraries (/usr and what belongs to it, read-only, no devices, no setuid),
 * /dev/null, and /dev/NAME, the block device that FD_IMAGE is.  No /proc, no /sys, no /etc.  For a
 * process that shares its descriptors but nothing else; it has no root afterwards.  The host's mounts are
 * untouched.  0 or -errno.  mount_setattr(2), Linux 5.12. */
int confined_build(const struct dm_name *name);

/* The same end for a program of root's that is only asked something, where the process is: FD becomes it,
 * called `name`, with one argument. */
int confined_ask(int program, const char *name, const char *argument);

/* In that namespace: becomes `program`, looked up in /usr/sbin and /sbin alone, with `argument` and
 * /dev/NAME; in a session of its own, with a literal environment, stdin empty, all output to FD_OUTPUT, no
 * other descriptor; and, where the kernel has Landlock, with rights on the programs and that device
 * alone.  Ends with its parent.  Only returns to say -errno; from then on output goes to FD_OUTPUT. */
int confined_start(const char *program, const char *argument, const struct dm_name *name);

/* How it ended, as waitid(2) tells it. */
struct confined_end {
	bool exited;
	int status;                     /* exit status, or the signal */
	char said[320];                 /* the end of what it said; no NUL in between, else as it came */
};

/* Waits for FD_CHILD, which people know as `what`.  0; -ETIMEDOUT once timeout_ms are over and it was killed;
 * -EBUSY when it has not ended even then, 5 s long; or -errno. */
int confined_wait(int timeout_ms, const char *what, struct confined_end *out);
