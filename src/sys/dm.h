/*
 * dm.h: device-mapper snapshots, by the ioctls of /dev/mapper/control
 * (Documentation/admin-guide/device-mapper/snapshot.rst, linux/dm-ioctl.h).
 *
 * Not through libdevmapper: six requests on one buffer are less than opening it, and each stays a
 * line of its own in a verb's filter.  A mapping is ours by its uuid, "BANGER-NAME" or
 * "BANGER-NAME:VM_ID", which only root can give and nobody can change.
 */
#pragma once

#include "gate/gate.h"

#include <linux/dm-ioctl.h>

struct dm {
	dev_t device;
	int open_count;                 /* who has it open or mounted */
	char uuid[DM_UUID_LEN];
};

/* FD_DM: /dev/mapper/control, before the cage closes.  As device_open. */
int dm_control_open(void);

/* The mapping of that name, whoever made it.  0, -ENXIO when there is none, or -errno. */
int dm_find(const struct dm_name *name, struct dm *out);

bool dm_is_ours(const struct dm *dm, const struct dm_name *name);

/* The VM that one of ours is tagged with; "" is none. */
const char *dm_vm(const struct dm *dm);

/* As dm_control_open, but 0 also on a host without device-mapper, which has no mappings; which of the two. */
int dm_control_open_if_any(void);
bool dm_is_there(void);

/* Calls each with every mapping of ours, as they are in one moment; stops at the first that gives other than
 * 0, and gives that.  -EMSGSIZE when the host has some thousands of mappings.  DM_LIST_DEVICES tells uuids
 * since Linux 5.11, and not who has what open. */
int dm_each(int (*each)(const struct dm_name *name, const struct dm *dm, void *data), void *data);

/* What the beginning of a COW file says.  The kernel takes four zero bytes for a new one and writes
 * over 8 KiB; an ext4 image begins with 1024 of them. */
enum cow { COW_FRESH, COW_SNAPSHOT, COW_OVERFLOWED, COW_FOREIGN };

enum { COW_HEAD_BYTES = 8192 };         /* the header's chunk, and the first of the exceptions */

enum cow dm_look_at_cow(const unsigned char head[COW_HEAD_BYTES]);

/* A mapping of nothing, tagged; vm may be "".  -EBUSY when the name or the uuid is taken.
 *
 * A node in a chroot that was given to a VM outlives the mapping, and may lie where only the VM looks.  So
 * the number comes from `serial`, which is never the same twice, and from a half that no other mapping of
 * the host has: such a node leads nowhere, rather than to the disk that gets the number next. */
int dm_create(const struct dm_name *name, const char *vm, uint64_t serial, struct dm *out);

/* Makes it a persistent snapshot of `sectors` sectors of base in cow, live.  A cow that holds a
 * snapshot is continued; -ESTALE when by now that is one with chunks of another size. */
int dm_start_snapshot(const struct dm *dm, uint64_t sectors, dev_t base, dev_t cow);

/* Node and mapping are gone, the mapping by its uuid; waits until nobody has it open.  -EBUSY after
 * timeout_ms, with the node as it was. */
int dm_remove(const struct dm_name *name, const struct dm *dm, int timeout_ms);

/* Opens the device by its number, and only one that is ours, as dm_open_node does.  Fills *out; its
 * open_count has this descriptor.  -ENXIO (none), -EPERM (not ours), -EBUSY, or -errno. */
int dm_open(const struct dm_name *name, int flags, struct dm *out);
