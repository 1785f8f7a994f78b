/*
 * ext4-names.h: names in a directory of an ext4 file system, each a change of one block.
 *
 * All give 0 or libext2fs's error; what they write is the transaction's.
 */
#pragma once

#include <ext2fs/ext2fs.h>

/* Makes a directory with an index one without, which every directory has to be that gets a new name, before it does:
 * in an earlier phase, or where that name is only the first one of something new.
 *
 * By way of an index libext2fs divides a block that has no room, which moves half of its names to another and may
 * lose them in a kill.  And it believes what stands in the block: 1.47 writes past its memory then, or never ends. */
errcode_t ext4_lose_index(ext2_filsys fs, ext2_ino_t directory);

/* A new name for a regular file; a directory without room for it grows by a block. */
errcode_t ext4_add_name(ext2_filsys fs, ext2_ino_t directory, const char *name, ext2_ino_t inode);

/* A name that is there becomes that of another regular file.  It keeps its place in its block, so that the index of
 * the directory stays good. */
errcode_t ext4_point_name(ext2_filsys fs, ext2_ino_t directory, const char *name, ext2_ino_t inode);
