/*
 * keep.c: the system calls of every verb, whatever it does, and those of no executed program.
 */
#include "keep.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <unistd.h>

const struct call keep_always[] = {
	CALL_IF(write, 0, STDOUT_FILENO, "the result"),
	CALL_IF(write, 0, STDERR_FILENO, "the message"),
	CALL(poll, "a reader that does not read must not hold us up"),
	CALL(restart_syscall, "as which the kernel goes on with it after a stop"),
	CALL_IF(sendto, 0, FD_AUDIT, "the audit record"),
	CALL(clock_gettime, "milliseconds in the audit record, where the vdso cannot tell"),
	CALL(close, "descriptors close themselves"),
	CALL(exit_group, "the end"),
#ifdef BANGER_INSTRUMENTED
	/* What the sanitizers' run-time libraries call by themselves.  A build that has this is never installed:
	 * meson.build refuses. */
	CALL(brk, "instrumentation"), CALL(mmap, "instrumentation"),
	CALL(munmap, "instrumentation"), CALL(mprotect, "instrumentation"),
	CALL(madvise, "instrumentation"), CALL(futex, "instrumentation"),
	CALL(getpid, "instrumentation"), CALL(gettid, "instrumentation"),
	CALL(sigaltstack, "instrumentation"), CALL(rt_sigaction, "instrumentation"),
	CALL(rt_sigprocmask, "instrumentation"), CALL(write, "instrumentation"),
	CALL(openat, "instrumentation"), CALL(read, "instrumentation"),
	CALL(lseek, "instrumentation"), CALL(fcntl, "instrumentation"),
	CALL(newfstatat, "instrumentation"), CALL(readlink, "instrumentation"),
	CALL(getrandom, "instrumentation"), CALL(sched_yield, "instrumentation"),
#endif
	LIST_END,
};

/* uid 0 without capabilities is still the same user as the rest of the host's root: whatever reaches
 * another process, another namespace or the kernel's rarely trodden parts is kept away. */
const struct call keep_from_programs[] = {
	DENY(ptrace, EPERM, "another process's memory"),
	DENY(process_vm_readv, EPERM, "another process's memory"),
	DENY(process_vm_writev, EPERM, "another process's memory"),
	DENY(process_madvise, EPERM, "another process's memory"),
	DENY(kcmp, EPERM, "another process's descriptors"),
	DENY(pidfd_getfd, EPERM, "another process's descriptors"),
	DENY(open_by_handle_at, EPERM, "files by number, past every path"),
	DENY(bpf, EPERM, "code in the kernel"),
	DENY(perf_event_open, EPERM, "a window into other processes"),
	DENY(userfaultfd, EPERM, "a lever for races in the kernel"),
	DENY(io_uring_setup, EPERM, "system calls that no filter sees"),
	DENY(io_uring_enter, EPERM, "system calls that no filter sees"),
	DENY(io_uring_register, EPERM, "system calls that no filter sees"),
	DENY(add_key, EPERM, "root's keyrings"),
	DENY(request_key, EPERM, "root's keyrings"),
	DENY(keyctl, EPERM, "root's keyrings"),
	DENY_FLAG(clone, 0, CLONE_NEWUSER, EPERM, "capabilities, inside"),
	DENY_FLAG(unshare, 0, CLONE_NEWUSER, EPERM, "capabilities, inside"),
	DENY(kexec_load, EPERM, "another kernel"),
	DENY(kexec_file_load, EPERM, "another kernel"),
	DENY(init_module, EPERM, "code in the kernel"),
	DENY(finit_module, EPERM, "code in the kernel"),
	DENY(delete_module, EPERM, "code in the kernel"),
	DENY(reboot, EPERM, "the host"),
	DENY(swapon, EPERM, "the host"),
	DENY(swapoff, EPERM, "the host"),
	DENY(acct, EPERM, "the host"),
	DENY(quotactl, EPERM, "the host"),
	DENY(syslog, EPERM, "the kernel's log"),
	DENY(settimeofday, EPERM, "the clock"),
	DENY(clock_settime, EPERM, "the clock"),
	DENY(clock_adjtime, EPERM, "the clock"),
	DENY(adjtimex, EPERM, "the clock"),
	LIST_END,
};
