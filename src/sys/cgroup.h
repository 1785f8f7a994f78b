/*
 * cgroup.h: the cgroup (v2) of each VM, banger/VM_ID.  It is root's, so the owner can neither move
 * a process into it nor out of it: membership is what makes a process ours (cgroups(7)).
 */
#pragma once

#include "gate/gate.h"

#include <stdbool.h>

/* The VM's cgroup, anew: one that is there has what limits it was left with.  A descriptor on the directory,
 * O_CLOEXEC, which the caller closes; -EBUSY while anything is in it; or -errno. */
int cgroup_make(const struct vm_id *vm);

/* The same of one that is there; -ENOENT when there is none (or no cgroup v2). */
int cgroup_open(const struct vm_id *vm);

/* 1 when a process is in it or below it, 0 when not or when it is gone, or -errno (cgroup.events). */
int cgroup_populated(int cgroup);

/* Whether there is a process of that VM: 1, 0 (also where it has no cgroup), or -errno. */
int cgroup_is_running(const struct vm_id *vm);

/* Whether the hierarchy's root has the controller to give that a limit is of: 1, 0, or -errno. */
int cgroup_can_limit(const struct cgroup_limit *limit);

/* Sets a limit.  The hierarchy's root and the directory of all VMs are made to hand its controller on; 0, -EBUSY where
 * one of them may not, as it has processes itself (cgroups(7), "no internal processes"), or -errno. */
int cgroup_limit(int cgroup, const struct cgroup_limit *limit);

/* SIGKILL to all in it (cgroup.kill, Linux 5.14).  0 or -errno. */
int cgroup_kill(int cgroup);

/* The same, and waits until none is left.  0, also when there is no such cgroup; -EBUSY after timeout_ms: a process
 * that hangs in the kernel ends when that lets go of it; or -errno. */
int cgroup_end(const struct vm_id *vm, int timeout_ms);

/* Calls each with every VM's cgroup: its name, and whether a process is in it.  0, also where there is no
 * cgroup v2, or -errno. */
int cgroup_each(void (*each)(const char *vm, bool populated, void *data), void *data);

/* For moving a process in: a descriptor on cgroup.procs, O_CLOEXEC, which the caller closes; or -errno. */
int cgroup_open_procs(int cgroup);

/* The same for what appends VMs' consoles to files: a process that ends with its VM, by itself, and
 * must not be counted as one of it.  Made where it is not there; no VM's id begins like its name. */
int cgroup_open_consoles(void);

/* Removes the VM's cgroup.  0, also when there is none; -EBUSY while it is populated; or -errno. */
int cgroup_remove(const struct vm_id *vm);

/* Whether process `pid` is in the cgroup of a VM of ours, by /proc/PID/cgroup; *vm says which.
 * 1, 0, or -errno (-ENOENT: no such process).  The caller holds a pidfd over the call. */
int cgroup_of_process(pid_t pid, struct vm_id *vm);
