/*
 * mount-table.h: the mounts below one directory.
 *
 * From listmount(2) and statmount(2) (Linux 6.8), which tell of the mounts below one and of no other; before
 * them from libmount's table of /proc/self/mountinfo, whose cost is that of all the host's mounts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than a prepared chroot has, and all that fusermount lets users mount on a host (mount_max in fuse.conf). */
enum { MOUNTS_MAX = 128 + 1024 };

struct mounted {
	uint64_t id, parent;            /* the kernel's; only statmount's are never used again */
	const char *place;              /* in libmount's table; NULL: the kernel is asked */
	size_t length;                  /* of its place, as it was */
	bool is_fuse;                   /* one that any user could mount, and answer for, or not */
	bool lies_in_fuse;              /* below the top of such a one */
};

/* In the order in which they were mounted. */
struct mount_table {
	const char *prefix;
	unsigned count;
	struct mounted each[MOUNTS_MAX];
};

/* A handle: libmount and its table where the kernel has no statmount. */
int mount_table_open(void);

/* Fills the table with what is mounted at or below prefix, an absolute path that has to stay, in the mount that
 * `inside` lies in.  -E2BIG beyond that number, and -EOVERFLOW where a place has more than a megabyte. */
int mount_table_read(int inside, const char *prefix, struct mount_table *table);

/* Where one is: its path below prefix, of any length, until the next call.  Asked anew each time, since the owner may
 * move a directory on the way, or even what it is mounted on, from another mount namespace; before Linux 6.8 where it
 * was.  1; 0 when it is mounted there no more; or -errno. */
int mount_table_place(const struct mount_table *table, unsigned which, const char **place);

#define MOUNT_TABLE_CALLS \
	CALL(statx, "the id of a mount"), \
	CALL_NR(listmount, 458, "the ids of those below it"), \
	CALL_NR(statmount, 457, "their places")
