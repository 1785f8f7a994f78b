/*
 * pidfd.h: the end of a process that a descriptor holds.
 */
#pragma once

/* 1, also when it is a zombie: what it was is gone; 0; or -errno. */
int pidfd_has_ended(int pidfd);

/* SIGKILL, and waits until it has ended, for `what` (say.h).  0, also when it had; -EBUSY after timeout_ms: it
 * hangs in the kernel, and ends when that lets go of it; or -errno. */
int pidfd_end(int pidfd, int timeout_ms, const char *what);
