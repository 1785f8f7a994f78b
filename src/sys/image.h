/*
 * image.h: an operand's image becomes FD_IMAGE, and what is said when it cannot.
 *
 * These say why not themselves, since three verbs say it in the same words.
 */
#pragma once

#include "gate/gate.h"
#include "sys/ext4-check.h"

/* A file below state_dir, for a stage with the owner's rights: a regular file of the owner's (or, to be
 * read, of root's) with one name.  Shared or exclusive lock of its own (flock(2)), for which it waits. */
enum code image_open_file(const struct settings *settings, const struct path *path,
			  enum ext4_purpose purpose);

/* A snapshot of ours, for a stage that may ask device-mapper.  The same lock; but to be read, no other
 * may hold the device open. */
enum code image_open_device(const struct dm_name *name, enum ext4_purpose purpose);

/* What ext4_open said, in words. */
enum code image_unfit(int rc, const char *why);

/* What the stages above keep. */
#define IMAGE_FILE_CALLS \
	CALL(openat, "/, where every path begins"), \
	CALL(openat2, "state_dir, and the file below it"), \
	CALL(newfstatat, "whose it is"), \
	CALL(flock, "one writer at a time, or readers"), \
	CALL_IF(dup3, 1, FD_IMAGE, "under its number")

#define IMAGE_DEVICE_CALLS \
	CALL(openat, "/, where every path begins"), \
	CALL(openat2, "/dev/mapper/control and the device"), \
	CALL(newfstatat, "what they are"), \
	CALL_IF(ioctl, 1, DM_DEV_STATUS, "its number, its uuid, and who has it open"), \
	CALL(flock, "one writer at a time, or readers"), \
	CALL_IF(dup3, 1, FD_IMAGE, "under its number")
