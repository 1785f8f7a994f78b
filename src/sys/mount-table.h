/*
 * mount-table.h: the mounts below one directory.
 *
 * From listmount(2) and statmount(2) (Linux 6.8), which tell of the mounts below one and of no other; before
 * them from libmount's table of /proc/self/mountinfo, whose cost is that of all the host's mounts.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

/* More than a prepared chroot has, and all that fusermount lets users mount on a host (mount_max in fuse.conf), in
 * places as deep as there are. */
enum { MOUNTS_MAX = 128 + 1024, MOUNT_PATH_MAX = PATH_MAX };

/* In the order in which they were mounted, each by its path below the directory that was asked for. */
struct mount_table {
	unsigned count;
	char below[MOUNTS_MAX][MOUNT_PATH_MAX];
	bool is_fuse[MOUNTS_MAX];       /* one that any user could mount, and answer for, or not */
};

/* A handle: libmount and its table where the kernel has no statmount. */
int mount_table_open(void);

/* Fills the table with what is mounted at or below prefix, an absolute path, in the mount that
 * `inside` lies in.  -E2BIG and -ENAMETOOLONG beyond those. */
int mount_table_read(int inside, const char *prefix, struct mount_table *table);

#define MOUNT_TABLE_CALLS \
	CALL(statx, "the id of a mount"), \
	CALL_NR(listmount, 458, "the ids of those below it"), \
	CALL_NR(statmount, 457, "their places")
