/*
 * keep.c: the system calls of every verb, whatever it does.
 */
#include "keep.h"

#include <stddef.h>
#include <unistd.h>

const struct call keep_always[] = {
	CALL_IF(write, 0, STDOUT_FILENO, "the result"),
	CALL_IF(write, 0, STDERR_FILENO, "the message"),
	CALL(poll, "a reader that does not read must not hold us up"),
	CALL_IF(sendto, 0, FD_AUDIT, "the audit record"),
	CALL(clock_gettime, "milliseconds in the audit record, where the vdso cannot tell"),
	CALL(close, "descriptors close themselves"),
	CALL(exit_group, "the end"),
#ifdef BANGER_INSTRUMENTED
	/* What the sanitizers' and gcov's run-time libraries call by themselves.  A build that has
	 * this is never installed: meson.build refuses. */
	CALL(brk, "instrumentation"), CALL(mmap, "instrumentation"),
	CALL(munmap, "instrumentation"), CALL(mprotect, "instrumentation"),
	CALL(madvise, "instrumentation"), CALL(futex, "instrumentation"),
	CALL(getpid, "instrumentation"), CALL(gettid, "instrumentation"),
	CALL(sigaltstack, "instrumentation"), CALL(rt_sigaction, "instrumentation"),
	CALL(rt_sigprocmask, "instrumentation"), CALL(write, "instrumentation"),
	CALL(openat, "instrumentation"), CALL(read, "instrumentation"),
	CALL(lseek, "instrumentation"), CALL(fcntl, "instrumentation"),
	CALL(newfstatat, "instrumentation"), CALL(readlink, "instrumentation"),
	CALL(mkdir, "instrumentation"), CALL(ftruncate, "instrumentation"),
	CALL(getrandom, "instrumentation"), CALL(sched_yield, "instrumentation"),
#endif
	LIST_END,
};
