/*
 * handover.h: a chroot that prepare-jailer-chroot made, handed over to the jailer, once.
 *
 * Its directory is root's and closed to all others until the VM runs, so that nobody can put
 * anything in the way of the jailer, which works as root below it.  The directory's mode tells how far
 * it is, and neither VM nor owner can change that:
 *
 *	0700    prepared
 *	0500    handed over: a launch goes on, was killed, or has failed.  Its group, which may do nothing,
 *	        has the number of the VM's uid: the chroot's top has not while the jailer works
 *	0710    the VM runs, or has run; its group is the owner's
 */
#pragma once

#include "gate/gate.h"

#include <sys/stat.h>
#include <sys/types.h>

struct prepared {
	int directory;          /* jail_dir/firecracker/VM_ID */
	int root;               /* the chroot's top */
	int sockets;            /* the VM's socket directory */
	uid_t uid;              /* what the VM will run as */
	gid_t gid;
};

/* Finds it: two tmpfs mounts in a directory of root's.  0, and the caller has three descriptors to close, all
 * O_PATH; or -ENOENT (not prepared), -EEXIST (handed over before, or never whole), or -errno, and none is open. */
int handover_find(const struct vm_id *vm, const struct settings *settings, struct prepared *prepared);

/* How far it is, for people: "prepared", "handed over", "launched", or "not whole"; NULL when there is none. */
const char *handover_state(const struct vm_id *vm, const struct settings *settings);

/* The uid of the VM whose directory that is; 0 where it is not handed over. */
uid_t handover_taker(const struct stat *directory);

/* Marks it as handed over, and takes the top away from the VM's uid until the jailer gives it back: that
 * spares the jailer CAP_FOWNER, for it sets the mode before the owner.  0 or -errno, and then it may be marked. */
int handover_take(const struct prepared *prepared);

/* The last step, when the VM runs: lets the owner through to the socket directory. */
int handover_open_way(const struct vm_id *vm, const struct settings *settings);
