/*
 * chroot.h: a VM's chroot, put together where nobody else can reach it, and taken apart.
 *
 *	jail_dir/firecracker/VM_ID/          root's, 0700 until it is handed over, then 0711
 *	        root/                        a tmpfs `banger:VM_ID`: the chroot; its owner is the VM's ids
 *	        sockets/                     another one, which the VM sees as /sockets: owner and VM both
 *	                                     make sockets in it
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

/* The last step: gives the chroot to the VM's ids and lets others in as far as it lets them. */
int chroot_hand_over(const struct chroot *chroot, uid_t uid, gid_t gid);

/* Takes back what chroot_begin and the others made. */
void chroot_undo(struct chroot *chroot);

/* A VM's directory, with every mount and file below it, is gone: 0 also when there is none; -EBUSY while
 * somebody uses it; -EXDEV for a mount below it that cannot be told.  prefix is its absolute path. */
int chroot_remove(int jail, const struct vm_id *vm, const char *prefix);
