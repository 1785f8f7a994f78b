/*
 * launching.h: what has to be ready before a VM begins, and what becomes of it; a file each.
 */
#pragma once

#include "gate/settings.h"
#include "say/say.h"
#include "sys/launch.h"

/* What one stage finds out and another wants to know, in memory that they share. */
struct launched {
	struct launch launch;
	bool has_cgroup;                /* made, or left empty by another */
	bool answers;
};

/* ---- ready.c ---- */

/* The owner's file for the console, as FD_CONSOLE. */
enum code ready_console(const struct path *path, const struct settings *settings);

/* The jailer, as FD_JAILER, and where firecracker is. */
enum code ready_binaries(struct launched *launched, const struct settings *settings);

/* cgroup.procs of the VM's cgroup, with these limits, as FD_CGROUP; and of the consoles', as FD_CONSOLE_CGROUP.  Where
 * there is no cgroup v2 neither is. */
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
