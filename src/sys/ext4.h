/*
 * ext4.h: the ext4 file system on FD_IMAGE, through libext2fs and without a mount.
 *
 * Every byte of it is a guest's.  For a stage without capabilities that can open nothing.
 */
#pragma once

#include "sys/ext4-check.h"

#include <ext2fs/ext2fs.h>

/* Bounds the memory of this process; makes sure that libblkid sees ext4 and nothing besides; checks the
 * superblock; opens.  0; -EMEDIUMTYPE when it is not ext4 alone; -EOPNOTSUPP for what the superblock says
 * (with *out, where libext2fs could take it); or -errno.  *why as ext4_check gives it, or NULL.
 * The file system is closed by the end of the process. */
int ext4_open(enum ext4_purpose purpose, ext2_filsys *out, const char **why);

/* For whoever does not open: the same of libblkid's part, and of every superblock that e2fsck could turn
 * to. */
int ext4_inspect(const char **why);

/* The entry of that very name, `length` bytes, in a directory.  0, -ENOENT, or -errno. */
int ext4_lookup(ext2_filsys fs, ext2_ino_t directory, const char *name, size_t length,
		ext2_ino_t *inode);

/* What a stage keeps that calls ext4_inspect. */
#define EXT4_INSPECT_CALLS \
	CALL_IF(newfstatat, 0, FD_IMAGE, "libblkid: file or device"), \
	CALL_IF(fadvise64, 0, FD_IMAGE, "libblkid: no read-ahead"), \
	CALL_IF(lseek, 0, FD_IMAGE, "its size, and libblkid's way about"), \
	CALL_IF(read, 0, FD_IMAGE, "libblkid's reads"), \
	CALL_IF(pread64, 0, FD_IMAGE, "ours"), \
	CALL_IF(ioctl, 1, BLKGETSIZE64, "libblkid: the size of a device"), \
	DENY_IF(ioctl, 1, BLKGETSIZE, ENOTTY, "libblkid: where it was not told"), \
	DENY_IF(ioctl, 1, FDGETPRM, ENOTTY, "libblkid: nor then; it reads to find the end"), \
	CALL_IF(ioctl, 1, BLKSSZGET, "libblkid: of a sector"), \
	CALL_IF(ioctl, 1, BLKGETZONESZ, "libblkid: of a zone"), \
	DENY_IF(ioctl, 1, FDGETFDCSTAT, ENOTTY, "libblkid: is it a floppy"), \
	DENY(openat, ENOENT, "libblkid asks /sys about a device; nothing can be opened"), \
	CALL(brk, "memory"), \
	CALL_IF(mmap, 4, -1, "memory, never a file"), \
	CALL(munmap, "memory"), \
	CALL(mremap, "memory"), \
	CALL_IF(prlimit64, 0, 0, "less memory")

/* What one keeps that opens. */
#define EXT4_CALLS \
	EXT4_INSPECT_CALLS, \
	CALL(gettimeofday, "libext2fs's clock, where the vdso cannot tell"), \
	CALL(time, "ours, likewise")
