/*
 * mounts.h: mounts as descriptors: fsopen(2), open_tree(2), mount_setattr(2), move_mount(2); Linux 5.12.
 *
 * A mount gets all its attributes while it is detached, so that there is no moment when it is
 * visible with others.  Every one is private: what happens at its source does not reach it, and what
 * happens to it does not reach its source.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/types.h>

/* A new tmpfs, detached: its source, bytes and inodes at most, the mode and attributes (MOUNT_ATTR_*)
 * of its root, which is root's.  A descriptor of the mount (the caller closes it), or -errno. */
int mount_new_tmpfs(const char *source, uint64_t bytes, unsigned inodes, unsigned mode,
		    unsigned attributes);

/* A detached copy of the one mount, or the one file, that a descriptor holds, with these attributes
 * on top of its own.  userns >= 0 is the user namespace of an ID mapping (MOUNT_ATTR_IDMAP; the file
 * system must support it: -EINVAL).  A descriptor that the caller closes, or -errno. */
int mount_clone(int fd, uint64_t attributes, int userns);

/* Attaches a detached mount at directory/name, or, with name "", on top of what directory holds.  0 or -errno, as
 * -ENOENT where there is no such name; the descriptor stays the caller's, and is that of the attached mount. */
int mount_attach(int mount, int directory, const char *name);

/* Whether a descriptor holds the root of a mount: 1, 0, or -errno. */
int mount_is_root(int fd);

/* Whether what a descriptor holds cannot be a FUSE's, which whoever asks it for anything may wait for, for ever: 1,
 * 0, or -errno.  The type of its handle tells, without asking the file system: 1 of a tmpfs, and of ext4 and others;
 * 0x81 of a FUSE, and of some that are none; some have no handles (name_to_handle_at(2); mm/shmem.c and
 * fs/fuse/inode.c since Linux 2.6.39). */
int mount_is_no_fuse(int fd);

/* Takes the mount that a descriptor holds the root of out of its peer group. */
int mount_make_private(int fd);

/* Takes off the very mount that a descriptor holds the root of, with all that is below it, used or not: -EINVAL when
 * it is mounted no more.  Through /proc/self/fd: umount2(2) takes no descriptor. */
int mount_detach(int fd);

/* Unmounts what is mounted on `name` in the directory: -EBUSY while it is used, unless it is to go
 * with all that is below it (whole), -EINVAL when nothing is. */
int mount_remove(int directory, const char *name, bool whole);
