/*
 * hierarchy.h: the hierarchy of cgroups v2, and in its root the directory of all VMs' cgroups, banger: where they are,
 * and which controllers reach a VM's (cgroups(7)).
 */
#pragma once

#include <sys/types.h>

#define HIERARCHY_PARENT "banger"

/* Its root, mounted at /sys/fs/cgroup or, beside v1's, at /sys/fs/cgroup/unified: an O_PATH descriptor that the caller
 * closes, -ENOENT where there is none, or -errno. */
int hierarchy_root(void);

/* Where there is none: which of the two places it should be mounted at. */
const char *hierarchy_place(void);

/* The directory of all VMs' cgroups is there.  The root has mode 0555: to make something in it takes CAP_DAC_OVERRIDE
 * even of uid 0.  0, -ENOENT where there is no cgroup v2, or -errno. */
int hierarchy_make_parent(void);

/* Whether it is: 1, 0 (also where there is no cgroup v2), or -errno. */
int hierarchy_has_parent(void);

/* Opens it to be read: a descriptor that the caller closes, -ENOENT where it is not, or -errno. */
int hierarchy_open_parent(void);

/* Whether the root has that controller to give: 1, 0, or -errno. */
int hierarchy_has(const char *controller);

/* Makes the root and the directory of all VMs hand that controller on; 0, -EBUSY where one of them may not, as it has
 * processes itself ("no internal processes"), or -errno. */
int hierarchy_enable(const char *controller);

/* Reads a file of a cgroup that is open, as much as there is room for, and a NUL.  How many bytes, or -errno (-ENODEV: the
 * cgroup has gone meanwhile). */
ssize_t hierarchy_read(int cgroup, const char *file, char *text, size_t room);

/* Writes value to a file of a cgroup that is open, like "memory.max".  0 or -errno. */
int hierarchy_write(int cgroup, const char *file, const char *value);
