/*
 * ext4-io.h: the bytes of the image on one descriptor that is open already: FD_IMAGE.
 *
 * Never mmap: the owner may truncate the file meanwhile.
 */
#pragma once

#include <ext2fs/ext2fs.h>
#include <stddef.h>
#include <stdint.h>

/* Looks how large the image is.  From here on reading fails with ETIMEDOUT once timeout_ms are over.  0 or -errno. */
int ext4_io_begin(int timeout_ms);

/* Bytes of the image. */
uint64_t ext4_io_size(void);

/* That many bytes, from that one on.  0, or an error as libext2fs has them: EXT2_ET_SHORT_READ where the image ends
 * before, or an errno. */
errcode_t ext4_io_read(uint64_t offset, size_t length, void *into);

/* The same to the image, however long it takes.  0 or -errno. */
int ext4_io_write(uint64_t offset, size_t length, const void *from);

/* libext2fs's errors as -errno: -EUCLEAN for a damaged image; 0 for none. */
int ext4_errno(errcode_t error);
