/*
 * ext4-check.h: what a superblock may say before anything acts on it.
 */
#pragma once

#include <ext2fs/ext2_fs.h>

/* The three differ in what they would break. */
enum ext4_purpose { EXT4_READ, EXT4_WRITE, EXT4_REPAIR };

/* NULL, or why not: words of ours that end the sentence "the image ...".
 *
 * For all: no journal but inode 8 of the image itself.  e2fsck looks for an external one among the host's
 * devices by its uuid, opens it for writing and replays it into the image.
 * For writing, besides: clean, nothing left in the journal, and no feature that libext2fs or this program
 * would not keep up. */
const char *ext4_check(const struct ext2_super_block *super, enum ext4_purpose purpose);

/* What repairs the image would be enough. */
int ext4_wants_repair(const struct ext2_super_block *super);

/* The primary superblock on FD_IMAGE and every backup that e2fsck could turn to when it finds fault with
 * the primary.  *why as above.  0, or -errno where the image cannot be read (-EINVAL: no ext4). */
int ext4_check_superblocks(const char **why);
