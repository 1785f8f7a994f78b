/*
 * cleaning.h: what cleanup-vm takes away of one VM, kind by kind, and what it has to leave; a file each.
 *
 * What belongs to the VM is known by its place (cgroup, chroot) or by the VM's id in its tag, compared whole:
 * nothing else is looked at.
 */
#pragma once

#include "gate/gate.h"
#include "say/say.h"

/* What the stages find out, for those that follow, in memory that they share. */
struct left {
	enum reason reason;             /* of the first thing that is left */
	char text[600];                 /* all of them */
	bool no_cgroup;                 /* no process is in the VM's cgroup */
	bool may_stray;                 /* there may be one outside it */
	bool ended, no_chroot;          /* is gone, and uses no more what is next */
};

/* ---- left.c ---- */

/* Notes one thing more that is left: which, and in parentheses why.  The reason's code. */
enum code leave(struct left *left, enum reason reason, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The words for a -errno. */
const char *why(int rc);

/* Each of the others is what one stage does that touches: done, also where there was nothing; or the code of what it had
 * to leave. */

/* ---- processes.c ---- */

/* All in the VM's cgroup, and whether there may be others; then those, each held as FD_PROCESS. */
enum code clean_up_processes(const struct vm_id *vm, const struct settings *settings, struct left *left);
enum code clean_up_strays(const struct vm_id *vm, const struct settings *settings, struct left *left);

/* ---- chroot.c ---- */

/* Waits a moment for it to be left.  After mount_table_open. */
enum code clean_up_chroot(const struct vm_id *vm, const struct settings *settings, struct left *left);

/* ---- snapshots.c ---- */

/* Where there is device-mapper (FD_DM), and no chroot any more. */
enum code clean_up_snapshots(const struct vm_id *vm, struct left *left);

/* ---- network.c ---- */

/* A handle: FD_NETLINK and FD_NETFILTER, which stay open.  0 also where one of them is missing, which must not keep the
 * rest from being cleaned up: what needs it says so. */
int clean_up_open_network(void);

enum code clean_up_nat(const struct vm_id *vm, const struct settings *settings, struct left *left);
enum code clean_up_taps(const struct vm_id *vm, struct left *left);
