/*
 * loop.h: loop devices (loop(4)), each with the snapshot it belongs to written on it.
 *
 * What is attached here clears itself with its last user (LO_FLAGS_AUTOCLEAR): first we hold it, then
 * the mapping does, so that neither a kill nor the end of the mapping leaves one behind.  While a
 * descriptor is open on a loop device, its file can be detached only by the close of that descriptor:
 * what was seen of one stays true as long as it is held.
 */
#pragma once

#include "gate/gate.h"

#include <linux/loop.h>

struct loop {
	int fd;                         /* on the device; the holder's to close */
	unsigned number;                /* N of /dev/loopN */
	dev_t device;
	uint64_t sequence;              /* each attachment has another (BLKGETDISKSEQ, Linux 5.15) */
	uint64_t file_device, file_inode;       /* what is attached, as loop(4) encodes it */
	bool read_only;
	char tag[LO_NAME_SIZE];
};

/* FD_LOOP: /dev/loop-control, before the cage closes.  As device_open. */
int loop_control_open(void);

/* Attaches a regular file of `bytes` bytes to a loop device of its own, tagged as name's, and holds it.
 * The device keeps the file open by itself. */
int loop_attach(int file, uint64_t bytes, bool read_only, const struct dm_name *name,
		struct loop *out);

/* Holds the loop device `number`.  -ENXIO when nothing is attached or there is none; -ENOTBLK when that
 * name is another device's. */
int loop_open(unsigned number, struct loop *out);

/* Whether it carries the tag of name, or of any name, which only root can write. */
bool loop_is_of(const struct loop *loop, const struct dm_name *name);
bool loop_is_ours(const struct loop *loop);

/* The name that one of ours is tagged with. */
void loop_name(const struct loop *loop, struct dm_name *name);

/* Calls each with every loop device that has a file attached, and closes it afterwards unless each has
 * set fd to -1; stops at the first that gives other than 0, and gives that. */
int loop_each(int (*each)(struct loop *loop, void *data), void *data);

/* Detaches it, closes loop->fd in any case, and waits until it is gone: somebody else (udev) may have it
 * open.  0, -EBUSY after timeout_ms, -ESTALE when something else has been attached, or -errno. */
int loop_detach(struct loop *loop, int timeout_ms);
