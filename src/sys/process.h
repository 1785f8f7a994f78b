/*
 * process.h: a process as a pidfd, and whether it is one of ours.
 *
 * A number is only a name, and the kernel gives it to somebody else: what is looked at and what is
 * signalled is the process behind FD_PROCESS.  pidfd_open(2), Linux 5.3.
 */
#pragma once

#include "gate/gate.h"
#include "keep.h"
#include "sys/claim.h"
#include "sys/jail.h"

/* Takes hold of process `pid`, as FD_PROCESS, and makes sure that the claim holds of it (claim_check).
 * 0, -ESRCH (no such process, or it has ended), or what claim_check gives. */
int process_hold(pid_t pid, const struct claim *claim, const struct settings *settings);

/* The same for the process that listens at the other end of a connected unix socket, by SO_PEERCRED;
 * gives its number. */
int process_hold_peer(int connected, const struct claim *claim, const struct settings *settings);

/* The same for the VMM in the cgroup of a VM; -ENOENT where the VM has none. */
int process_hold_vmm(const struct vm_id *vm, const struct settings *settings);

/* The same for a process of that VM that no cgroup may tell of: the first that /proc has.  Gives its number,
 * -ESRCH when there is none, or -errno when that cannot be told. */
int process_hold_stray(const struct vm_id *vm, const struct settings *settings);

/* To what process_hold holds; 0, -ESRCH, or -errno. */
int process_signal(int nr);

/* Why a process that could not be held or signalled is refused, and with which text; REASON_NONE when
 * the kernel's own word is the best there is.  claim may be NULL. */
enum reason process_objection(int rc, const struct claim *claim, const char **text);

/* What process_hold calls. */
#define PROCESS_HOLD_CAPS \
	CAP(SYS_PTRACE, "reads which file a process of another uid executes"), \
	CAP(DAC_READ_SEARCH, "its copy in the jail, where the jailer lets the VM's uid alone in")
#define PROCESS_HOLD_CALLS \
	CALL(pidfd_open, "takes hold of the process"), \
	CALL_IF(dup3, 1, FD_PROCESS, "under a number that the filter knows"), \
	CALL(openat, "/proc/PID, and / where every path begins"), \
	CALL(openat2, "the configured firecracker, and its copy in the jail"), \
	JAIL_OPEN_TMPFS_CALLS, \
	CALL(read, "the process's cgroup, uid and command line"), \
	CALL(statx, "which file it executes, without asking who serves that"), \
	CALL(fstatfs, "/proc must be procfs"), \
	CALL(newfstatat, "the inodes of executables")
