/*
 * dm-device.h: the device behind a gated device-mapper name.
 */
#pragma once

#include "gate/gate.h"

/* Opens the device by its number, never by what a name in /dev/mapper points at, and only one that is
 * ours: its uuid, which only CAP_SYS_ADMIN can set, begins with BANGER-.  flags are open(2)'s.
 * *users (may be NULL) is how many hold it open, this descriptor among them.
 * A descriptor with O_CLOEXEC that the caller closes; or -ENOENT, -EPERM (not ours), -EBUSY (O_EXCL and
 * somebody has a claim), -errno.  Documentation/admin-guide/device-mapper, linux/dm-ioctl.h. */
int dm_open(const struct dm_name *name, int flags, unsigned *users);
