/*
 * dm-node.h: a mapping's node in /dev.
 *
 * The kernel has its own where /dev is a devtmpfs, /dev/dm-N; people know /dev/mapper/NAME, which udev
 * makes a link to it, or libdevmapper a node.  None of them is believed but for its number.
 */
#pragma once

#include "sys/dm.h"

/* 0 when /dev/mapper has nothing of that name, or something of device-mapper's; -EEXIST when it has something else;
 * another -errno when that cannot be told. */
int dm_check_node(const struct dm_name *name);

/* /dev/mapper/NAME, root's, 0600: with udev or without it.  -EEXIST when what is there is not
 * device-mapper's. */
int dm_make_node(const struct dm_name *name, dev_t device);

/* What a mapping that is gone left in /dev/mapper: `dmsetup remove` without udev does.  What is not
 * device-mapper's stays, and is 0; so is nothing.  -errno when it cannot be told whose it is, or when it stays. */
int dm_remove_node(const struct dm_name *name);

/* Opens the device of that number, by whichever name; flags are open(2)'s.  A descriptor with O_CLOEXEC
 * that the caller closes; or -ENOENT, -EBUSY (O_EXCL and somebody has a claim), -errno. */
int dm_open_node(const struct dm_name *name, dev_t device, int flags);
