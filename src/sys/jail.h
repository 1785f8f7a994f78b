/*
 * jail.h: jail_dir/firecracker, below which each VM has a directory.
 *
 * It and all above it are root's and are verified, never mended.  jail_dir is bound to itself once per
 * boot, privately, so that no mount below it is copied into another namespace, or can be refused a
 * move because it lies under a shared one.
 */
#pragma once

#include "gate/gate.h"

/* What is wrong with a path that must be root's alone; for exit code 4. */
struct jail_fault { const char *path; size_t length; const char *wanted; };

/* Opens jail_dir/firecracker (the caller closes it).  -EPERM or -ELOOP with *fault, -ENOENT, or -errno. */
int jail_open(const struct settings *settings, struct jail_fault *fault);

/* The same for who prepares a VM: waits for the others who do, and holds them up until jail_end_turn or the process's
 * end.  -ETIMEDOUT after ten seconds of waiting. */
int jail_open_in_turn(const struct settings *settings, struct jail_fault *fault);
void jail_end_turn(void);

/* Opens one of the directories that a VM has tmpfs on, root or sockets, or what a chroot of another making has there,
 * in `directory`.  -EXDEV where what is mounted over it may be a FUSE: the VM's uid may be the owner's, who can have
 * one over what is its own (mount_is_no_fuse).  O_PATH; the caller closes it. */
int jail_open_tmpfs(int directory, const char *name);

#define JAIL_OPEN_TMPFS_CALLS \
	CALL(name_to_handle_at, "whether a mount in a VM's directory may be a FUSE of the owner's")

/* In turn: makes sure of the private mount, and opens anew, below it. */
int jail_bind(const struct settings *settings, struct jail_fault *fault);

/* Whether a prepared VM has the uid, or the gid; 0 is neither asked for.  1, 0, or -errno. */
int jail_has_ids(int jail, uid_t uid, gid_t gid);
