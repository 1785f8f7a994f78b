/*
 * snapshot.h: a snapshot as a whole: mapping, node and loop devices.
 */
#pragma once

#include "sys/dm.h"

#include <linux/fs.h>
#include <linux/loop.h>

/* Nothing carries name's tag any more: the mapping, when dm is not NULL; what one that is gone left in
 * /dev/mapper; the loop devices.  0; -EBUSY when one of them is open or mounted; or -errno. */
int snapshot_remove(const struct dm_name *name, const struct dm *dm);

/* What snapshot_remove calls. */
#define SNAPSHOT_REMOVE_CAPS \
	CAP(SYS_ADMIN, "device-mapper's requests"), \
	CAP(MKNOD, "the node comes back when the mapping cannot go")
#define SNAPSHOT_REMOVE_CALLS \
	CALL_IF(ioctl, 1, DM_DEV_STATUS, "whether there is a mapping, whose, and who has it open"), \
	CALL_IF(ioctl, 1, DM_DEV_REMOVE, "removes it, by its uuid"), \
	CALL_IF(ioctl, 1, LOOP_GET_STATUS64, "whose a loop device is"), \
	CALL_IF(ioctl, 1, BLKGETDISKSEQ, "whether it is still the same"), \
	CALL_IF(ioctl, 1, LOOP_CLR_FD, "detaches it"), \
	CALL(openat, "/dev/mapper, /dev/loopN and /sys/block"), \
	CALL(getdents64, "which loop devices there are"), \
	CALL(newfstatat, "what was opened, and whether what is in /dev/mapper is the mapping's node"), \
	CALL(readlinkat, "or udev's link to it"), \
	CALL(unlinkat, "removes that"), \
	CALL(mknodat, "and makes it again when somebody was faster and opened it")
