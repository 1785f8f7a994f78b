/*
 * console.h: a guest's serial console, on its way to the owner's file.
 *
 * The guest writes what it likes, for as long as it likes.  firecracker gets a pipe, and a process
 * beside the VM appends what comes to the file until that has CONSOLE_BYTES_MAX; what comes
 * then is read and dropped, until the owner makes the file shorter.  Nothing of this can hold the VM up: its
 * end of the pipe never blocks, and firecracker gets along with an error from it.
 */
#pragma once

enum { CONSOLE_BYTES_MAX = 16 << 20 };

/* A handle: the pipe, FD_CONSOLE_IN (firecracker's end) and FD_CONSOLE_OUT. */
int console_open(void);

/* The process beside the VM: in a session of its own and in the cgroup FD_CONSOLE_CGROUP, if there is
 * one, with FD_CONSOLE, FD_CONSOLE_OUT and FD_CHILD, the VM, alone.  Ends with that, or when nobody has the other end
 * any more; -errno when it cannot begin. */
int console_drain(void);

#define CONSOLE_DRAIN_CALLS \
	CALL(setsid, "the terminal's end is not the console's"), \
	CALL_IF(write, 0, FD_CONSOLE_CGROUP, "out of the caller's cgroup, which may end before the VM"), \
	CALL(close_range, "what else it has open, the VM's lock among it"), \
	CALL_IF(read, 0, FD_CONSOLE_OUT, "what the guest writes"), \
	CALL_IF(newfstatat, 0, FD_CONSOLE, "how long the file is"), \
	CALL_IF(write, 0, FD_CONSOLE, "to its end")
