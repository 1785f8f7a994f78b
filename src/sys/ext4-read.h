/*
 * ext4-read.h: one regular file out of an ext4 file system.
 */
#pragma once

#include <ext2fs/ext2fs.h>
#include <stddef.h>
#include <stdint.h>

/* Walks a canonical absolute path.  Symlinks are followed, 40 at most, and never lead out of the image:
 * ".." of its root is its root.  0 and the inode's number; -ENOENT when it is not there, -ELOOP for too
 * many symlinks, -ENAMETOOLONG for paths of symlinks that grow too long or too deep, -EUCLEAN, ... */
int ext4_walk(ext2_filsys fs, const char *path, ext2_ino_t *inode);

/* The whole of a regular file of at most `limit` bytes, in memory that the caller frees.  0; -EISDIR when
 * it is not a regular file; -EFBIG; -EACCES when it is encrypted; or -errno.
 * *length is its size also with -EFBIG. */
int ext4_read(ext2_filsys fs, ext2_ino_t inode, uint64_t limit, char **bytes, uint64_t *length);
