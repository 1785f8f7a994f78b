/*
 * chroot.h: a VM's chroot, put together where nobody else can reach it, and taken apart.
 *
 *	jail_dir/firecracker/VM_ID/          root's, 0700 until the VM runs: the jailer acts as root in a
 *	                                     tree that nobody else can reach.  Then 0710 with the owner's
 *	                                     group: the owner's way to sockets/ (handover.h)
 *	        root/                        a tmpfs `banger:VM_ID`: the chroot; its owner is the VM's ids
 *	        sockets/                     another one, which the VM sees as /sockets, 03777: owner and VM
 *	                                     both make sockets in it, and as it is root's neither can take
 *	                                     away the other's, nor change that
 */
#pragma once

#include "gate/gate.h"
#include "sys/executable.h"
#include "sys/jail.h"
#include "sys/mount-table.h"

#include <sys/types.h>

struct chroot {
	int jail;                       /* jail_dir/firecracker */
	const char *vm;
	int directory;                  /* VM_ID */
	int root;                       /* the tmpfs's root */
};

/* Whether a VM has a directory, or something has its place: 1, 0, or -errno. */
int chroot_is_there(int jail, const struct vm_id *vm);

/* The directory, exclusively (-EEXIST), and an empty tmpfs in it of that many bytes at most.  The jail's
 * descriptor stays the caller's. */
int chroot_begin(int jail, const struct vm_id *vm, uint64_t bytes, struct chroot *chroot);

/* Each adds one thing; `name` may have directories before it, which are made, 0755.  0, -EEXIST where something has
 * the name, or -errno: what there is of it by then goes with chroot_undo.
 *
 * A mount is a copy of what the descriptor `from` holds, a directory or a file, with these attributes and neither
 * devices nor set-uid bits (mount_clone); both descriptors stay the caller's. */
int chroot_add_mount(const struct chroot *chroot, const char *name, int from, uint64_t attributes,
		     int userns, bool is_directory);
/* mode has the type, S_IFBLK or S_IFCHR; its permissions are set whatever the umask. */
int chroot_add_node(const struct chroot *chroot, const char *name, mode_t mode, dev_t device,
		    uid_t uid, gid_t gid);
/* A symlink to `to`, which need not be there. */
int chroot_add_link(const struct chroot *chroot, const char *name, const char *to);
/* dev/vhost-vsock: -ENOENT where the host has none, -ENXIO where that is something else. */
int chroot_find_vsock(dev_t *device);
int chroot_add_vsock(const struct chroot *chroot, uid_t uid, gid_t gid);
/* sockets/ beside the chroot and in it, both the one tmpfs. */
int chroot_add_sockets(const struct chroot *chroot, gid_t owner_gid);

/* The last step: the top of the chroot gets the VM's ids, which is where they are kept. */
int chroot_hand_over(const struct chroot *chroot, uid_t uid, gid_t gid);

/* Takes back what chroot_begin and the others made. */
void chroot_undo(struct chroot *chroot);

/* A VM's directory is gone, with every mount and file below it: 0 also when there is none; -EBUSY while somebody
 * uses them, and then they are as they were; -EOPNOTSUPP where that cannot be told (executable_copy_is_used);
 * -EPERM or -ELOOP with *fault; or -errno.  After mount_table_open. */
int chroot_remove(const struct vm_id *vm, const struct settings *settings, struct jail_fault *fault);

/* What chroot_remove calls. */
#define CHROOT_REMOVE_CAPS \
	CAP(SYS_ADMIN, "unmounts"), \
	CAP(DAC_READ_SEARCH, "to the mounts in the chroot, which is the VM's alone"), \
	CAP(CHOWN, "takes over what is left of a chroot of another making"), \
	EXECUTABLE_USED_CAPS
#define CHROOT_REMOVE_CALLS \
	CALL(openat, "/, where every path begins; up from a directory that cannot be renamed"), \
	CALL(openat2, "each directory on the way"), \
	CALL(newfstatat, "whose they are"), \
	EXECUTABLE_USED_CALLS, \
	CALL(fstatfs, "which hierarchy is cgroup v2"), \
	MOUNT_TABLE_CALLS, \
	CALL(mount_setattr, "so that unmounting one unmounts no other"), \
	CALL(fchdir, "to where it is mounted"), \
	CALL(umount2, "and away"), \
	CALL(open_tree, "a copy of each, for when one turns out to be in use"), \
	CALL(move_mount, "then they are put back"), \
	CALL(unlinkat, "directories, and files left by a chroot of another making"), \
	CALL(fchownat, "takes directories over"), \
	CALL_NR(fchmodat2, 452, "and closes them"), \
	CALL(chmod, "the same before Linux 6.6, through /proc/self/fd"), \
	CALL(getdents64, "what is in them"), \
	CALL(lseek, "from the start again"), \
	CALL(renameat2, "brings directories up, so that depth costs nothing")
