/*
 * executable.h: the files that a firecracker of ours is executed from: the configured one, and the copy of it that
 * the jailer makes in a VM's chroot.
 */
#pragma once

#include "gate/gate.h"
#include "keep.h"
#include "sys/jail.h"

#include <fcntl.h>
#include <sys/stat.h>

/* 1, 0, or -errno when that cannot be told. */
int executable_is_configured(const struct stat *executable, const struct settings *settings);

/* The same for the copy, in a directory of jail_dir that is root's.  Its name in the VM's root may be the VM's to
 * change, but not what runs. */
int executable_is_copy(const struct stat *executable, const char *vm, const struct settings *settings);

/* Whether anybody executes the copy below a VM's directory, or has it open: 1, 0 (also where there is none), or
 * -errno.  Asked of the file and not of the processes, so it costs the same however many there are, and does not
 * depend on their cgroups, nor on the mount namespaces that they are in.
 *
 * For that a lease is asked for, which the kernel grants only where the file is open nowhere else, and given
 * back at once (fcntl(2), F_SETLEASE; counted per inode since Linux 5.3); who opens the file in that instant waits
 * for it, as long as fs.lease-break-time at most.  -EOPNOTSUPP where the kernel gives none there: fs.leases-enable is
 * 0, or the file system has none; and where something is mounted over the copy, or a FUSE over the VM's root.
 *
 * What it does not see: a process that has taken the file's name away from it, and one that executes something
 * else, be it the jailer just before it becomes firecracker. */
int executable_copy_is_used(int vm_directory);

/* Whether anybody executes one of the two: whether there may be a firecracker of that VM besides those that a cgroup
 * names.  Likewise. */
int executable_any_used(const struct vm_id *vm, const struct settings *settings);

#define EXECUTABLE_USED_CAPS \
	CAP(LEASE, "a lease of a file of another uid: the kernel's word on who else has it open")
#define EXECUTABLE_USED_CALLS \
	JAIL_OPEN_TMPFS_CALLS, \
	CALL_IF(fcntl, 1, F_SETLEASE, "which the kernel refuses while somebody executes the file"), \
	CALL_IF(fcntl, 1, F_SETSIG, "the signal to who holds one, which must not end it")

/* What executable_any_used calls. */
#define EXECUTABLE_ANY_USED_CAPS \
	CAP(DAC_READ_SEARCH, "to the copy of firecracker in the jail, where the VM's uid alone is let in"), \
	EXECUTABLE_USED_CAPS
#define EXECUTABLE_ANY_USED_CALLS \
	CALL(openat, "the configured firecracker, and its copy in the jail, from / on"), \
	CALL(openat2, "each component on the way"), \
	CALL(newfstatat, "whose they are"), \
	EXECUTABLE_USED_CALLS
