/*
 * launching.h: what has to be ready before a VM begins, and what becomes of it; a file each.
 */
#pragma once

#include "gate/settings.h"
#include "say/say.h"
#include "sys/handover.h"
#include "sys/launch.h"

/* What one stage finds out and another wants to know, in memory that they share. */
struct launched {
	struct launch launch;
	struct prepared prepared;
	bool has_hierarchy;             /* else a VM goes without a cgroup, and without limits */
	bool has_parent;                /* the cgroup of all VMs */
	bool has_cgroup;                /* made, or left empty by another */
	bool answers;
};

/* ---- ready.c ---- */

/* The owner's file for the console, as FD_CONSOLE. */
enum code ready_console(const struct path *path, const struct settings *settings);

/* The jailer, as FD_JAILER, and where firecracker is. */
enum code ready_binaries(struct launched *launched, const struct settings *settings);

/* The VM's chroot, as it was prepared, with FD_SOCKETS in it. */
enum code ready_chroot(struct launched *launched, const struct vm_id *vm, const struct settings *settings);

/* Whether there is cgroup v2, which of its cgroups there are, and whether it can have that VM with these limits. */
enum code ready_hierarchy(struct launched *launched, const struct vm_id *vm, const struct cgroup_limit *limits,
			  unsigned count);

/* Where there is: cgroup.procs of the VM's cgroup, which is made, with these limits, as FD_CGROUP; and of the consoles',
 * as FD_CONSOLE_CGROUP. */
enum code ready_cgroup(struct launched *launched, const struct vm_id *vm, const struct cgroup_limit *limits,
		       unsigned count);
enum code ready_console_cgroup(void);

/* ---- outcome.c ---- */

/* Why it does not answer: a -errno of launch_connect's, or of api_exchange's. */
enum code outcome_silent(int rc);

/* Looks once more whether it runs, and opens the owner's way to its sockets. */
enum code outcome_let_owner_in(const struct vm_id *vm, bool console, const struct settings *settings);

/* Tells where it is. */
enum code outcome_tell(const struct launched *launched, const struct vm_id *vm, const struct settings *settings);

/* Ends what was started, if anything was. */
enum code outcome_take_back(const struct launched *launched, const struct vm_id *vm);
