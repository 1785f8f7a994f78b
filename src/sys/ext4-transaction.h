/*
 * ext4-transaction.h: what is written to an ext4 image: in memory, block by block, until all of it goes out.
 *
 * Writes belong to a phase, and phase by phase they go out (what a kill leaves: ext4-write.c).  An error before that
 * leaves the image as it was.
 */
#pragma once

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stdint.h>

/* Nothing has been written, nor may be. */
void ext4_transaction_forget(void);

/* Allows writes, in blocks of that many bytes; how many those are, or 0 before.  From here on a block has one content, as
 * it was read first and written since: what was seen in it is so, whatever the image's owner writes meanwhile. */
void ext4_transaction_begin(unsigned block_bytes);
unsigned ext4_transaction_block_bytes(void);

/* What is written from now on goes out after all that was written before; with a barrier, not until
 * that has reached the disk.  Within a phase, blocks that were free when the image was opened go first:
 * nothing points at them yet.  in_use, which tells them, stays the caller's, and there until the commit. */
void ext4_transaction_next_phase(ext2fs_block_bitmap in_use, bool barrier);

/* A block as it was read or written last, until the next write; NULL: neither yet. */
const unsigned char *ext4_transaction_get(uint64_t block);

/* A whole block, which is copied: what was read of one that was neither read nor written yet; what it shall be.  0 or
 * EXT2_ET_NO_MEMORY. */
errcode_t ext4_transaction_keep(uint64_t block, const unsigned char *bytes);
errcode_t ext4_transaction_put(uint64_t block, const unsigned char *bytes);

/* Writes everything out, with a sync where the order matters.  0; or -errno, and what had been
 * written is put back: *put_back tells whether that went well. */
int ext4_transaction_commit(bool *put_back);
