/*
 * ext4-io.h: libext2fs over one descriptor that is open already: FD_IMAGE.
 *
 * libext2fs's own manager opens by name, which the cage does not.  This one reads with pread and keeps what
 * is written in memory, so that an error leaves the image as it was.  Writes belong to a phase; at
 * the end they go out phase by phase.  Never mmap: the owner may truncate the file meanwhile.
 */
#pragma once

#include <ext2fs/ext2fs.h>
#include <stdbool.h>

extern struct struct_io_manager ext4_io;

/* Forgets all that was written.  From here on: reads beyond FD_IMAGE's end fail, and all of them fail with
 * ETIMEDOUT once timeout_ms are over.  0 or -errno. */
int ext4_io_begin(int timeout_ms);

/* Bytes of the image. */
uint64_t ext4_io_size(void);

/* Allows writes, in blocks of that many bytes. */
void ext4_io_writable(unsigned block_bytes);

/* What is written from now on goes out after all that was written before; with a barrier, not until
 * that has reached the disk.  Within a phase, blocks that were free when the image was opened go first:
 * nothing points at them yet. */
void ext4_io_next_phase(ext2fs_block_bitmap in_use, bool barrier);

/* Writes everything out, with a sync where the order matters.  0; or -errno, and what had been
 * written is put back: *put_back tells whether that went well. */
int ext4_io_commit(bool *put_back);

/* libext2fs's errors as -errno: -EUCLEAN for a damaged image; 0 for none. */
int ext4_errno(errcode_t error);
