/*
 * image.h: an operand's image becomes FD_IMAGE.
 *
 * Where an error has words, *why are words of ours that end the sentence "the image ...", as
 * ext4_check's do; else *why is NULL and the errno is all there is to say.
 */
#pragma once

#include "gate/gate.h"
#include "sys/ext4-check.h"

/* A file below state_dir, for a stage with the owner's rights: a regular file of the owner's (or, to be
 * read, of root's) with one name.  Shared or exclusive lock of its own (flock(2)), for which it waits.
 * 0; -EACCES (state_dir is not root's alone), -ENOENT, -EPERM (not one of these), -EBUSY, or -errno. */
int image_open_file(const struct settings *settings, const struct path *path, enum ext4_purpose purpose,
		    const char **why);

/* A snapshot of ours, for a stage that may ask device-mapper.  The same lock; and unless it is only to be read,
 * nobody else may have the device open.  0; -ENOENT, -EPERM (not ours), -EBUSY, -ENODEV (no device-mapper), or
 * -errno. */
int image_open_device(const struct dm_name *name, enum ext4_purpose purpose, const char **why);

/* Whichever of the two it is, for a verb that takes both and has a stage for each. */
int image_open(const struct settings *settings, const struct image *image, enum ext4_purpose purpose,
	       const char **why);

/* The word that goes with an error of these, and of ext4_open, that has a *why. */
enum reason image_reason(int rc);

/* What the stages above keep. */
#define IMAGE_DEVICE_CAPS \
	CAP(SYS_ADMIN, "to ask device-mapper about the mapping")

#define IMAGE_FILE_CALLS \
	CALL(openat, "/, where every path begins"), \
	CALL(openat2, "state_dir, and the file below it"), \
	CALL(newfstatat, "whose it is"), \
	CALL(flock, "one writer at a time, or readers"), \
	CALL_IF(dup3, 1, FD_IMAGE, "under its number")

#define IMAGE_DEVICE_CALLS \
	CALL(openat, "/dev/mapper/control, and /, where every path begins"), \
	CALL(openat2, "the device"), \
	CALL(newfstatat, "what they are"), \
	CALL_IF(ioctl, 1, DM_DEV_STATUS, "its number, its uuid, and who has it open"), \
	CALL(flock, "one writer at a time, or readers"), \
	CALL_IF(dup3, 1, FD_DM, "each under its number"), \
	CALL_IF(dup3, 1, FD_IMAGE, "each under its number")
