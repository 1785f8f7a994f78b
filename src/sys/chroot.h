/*
 * chroot.h: a VM's chroot, put together where nobody else can reach it, and taken apart.
 *
 *	jail_dir/firecracker/VM_ID/          root's, 0700 until the VM runs: the jailer acts as root in a
 *	                                     tree that nobody else can reach.  Then 0710 with the owner's
 *	                                     group: the owner's way to sockets/
 *	        root/                        a tmpfs `banger:VM_ID`: the chroot; its owner is the VM's ids
 *	        sockets/                     another one, which the VM sees as /sockets, 03777: owner and VM
 *	                                     both make sockets in it.  Root's once the VM runs, so that
 *	                                     neither can take away the other's; until then the VM's, which
 *	                                     is where its ids are kept while the jailer has the chroot
 */
#pragma once

#include "gate/gate.h"

#include <sys/types.h>

struct chroot {
	int jail;                       /* jail_dir/firecracker */
	const char *vm;
	int directory;                  /* VM_ID */
	int root;                       /* the tmpfs's root */
};

/* The directory, exclusively (-EEXIST), and an empty tmpfs in it of that many bytes at most.  The jail's
 * descriptor stays the caller's. */
int chroot_begin(int jail, const struct vm_id *vm, uint64_t bytes, struct chroot *chroot);

/* Each adds one thing; `name` may have directories before it, which are made. */
int chroot_add_mount(const struct chroot *chroot, const char *name, int from, uint64_t attributes,
		     int userns, bool is_directory);
int chroot_add_node(const struct chroot *chroot, const char *name, mode_t type, dev_t device,
		    uid_t uid, gid_t gid);
int chroot_add_link(const struct chroot *chroot, const char *name, const char *to);
int chroot_add_sockets(const struct chroot *chroot, uid_t vm_uid, gid_t owner_gid);

/* The last step: the top of the chroot gets the VM's ids, which is where they are kept. */
int chroot_hand_over(const struct chroot *chroot, uid_t uid, gid_t gid);

/* Takes back what chroot_begin and the others made. */
void chroot_undo(struct chroot *chroot);

/* A VM's directory, with every mount and file below it, is gone: 0 also when there is none; -EBUSY while
 * somebody uses it, and then it is as it was.  prefix is its absolute path. */
int chroot_remove(int jail, const struct vm_id *vm, const char *prefix);
