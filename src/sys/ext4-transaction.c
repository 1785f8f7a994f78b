/*
 * ext4-transaction.c: the memory of writes, and the order in which they go out.
 */
#include "sys/ext4-transaction.h"

#include "keep.h"
#include "sys/ext4-io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUCKETS = 16384 };

/* One block as it shall be once its phase is over, or as it was read. */
struct change {
	uint64_t block;
	bool is_none;                   /* only read */
	unsigned phase, barriers;       /* how many came before */
	bool fresh;                     /* was free when the image was opened */
	unsigned char *bytes, *before;
	struct change *older;           /* in the same bucket, newest first */
	struct change *earlier;         /* of all */
};

static unsigned cell;                   /* bytes of a block; 0 until something is written */
static unsigned phase, barriers;
static ext2fs_block_bitmap blocks_in_use;
/* Gone through only by block: most of its pages are never touched. */
static struct change *buckets[BUCKETS];
static struct change *latest;
static size_t count;

void
ext4_transaction_forget(void)
{
	while (latest) {
		struct change *change = latest;

		latest = change->earlier;
		buckets[change->block % BUCKETS] = NULL;
		free(change->bytes);
		free(change->before);
		free(change);
	}
	count = 0;
	cell = phase = barriers = 0;
	blocks_in_use = NULL;
}

void
ext4_transaction_begin(unsigned block_bytes)
{
	cell = block_bytes;
}

unsigned
ext4_transaction_block_bytes(void)
{
	return cell;
}

void
ext4_transaction_next_phase(ext2fs_block_bitmap in_use, bool barrier)
{
	blocks_in_use = in_use;
	barriers += barrier;
	phase++;
}

/* ---- the memory of writes ---- */

static struct change *
newest(uint64_t block)
{
	struct change *change = cell ? buckets[block % BUCKETS] : NULL;

	while (change && change->block != block)
		change = change->older;
	return change;
}

const unsigned char *
ext4_transaction_get(uint64_t block)
{
	const struct change *change = newest(block);

	return change ? change->bytes : NULL;
}

static bool
was_free(uint64_t block)
{
	return blocks_in_use && block >= ext2fs_get_block_bitmap_start2(blocks_in_use) &&
	       block <= ext2fs_get_block_bitmap_end2(blocks_in_use) &&
	       !ext2fs_test_block_bitmap2(blocks_in_use, block);
}

static struct change *
add_newest(uint64_t block)
{
	struct change *change = calloc(1, sizeof(*change));

	if (!change || !(change->bytes = malloc(cell))) {
		free(change);
		return NULL;
	}
	change->block = block;
	change->phase = phase;
	change->barriers = barriers;
	change->older = buckets[block % BUCKETS];
	buckets[block % BUCKETS] = change;
	change->earlier = latest;
	latest = change;
	return change;
}

errcode_t
ext4_transaction_keep(uint64_t block, const unsigned char *bytes)
{
	struct change *none = add_newest(block);

	if (!none)
		return EXT2_ET_NO_MEMORY;
	none->is_none = true;
	memcpy(none->bytes, bytes, cell);
	return 0;
}

errcode_t
ext4_transaction_put(uint64_t block, const unsigned char *bytes)
{
	struct change *change = newest(block);

	if (!change || change->is_none || change->phase != phase) {
		change = add_newest(block);
		if (!change)
			return EXT2_ET_NO_MEMORY;
		change->fresh = was_free(block);
		count++;
	}
	memcpy(change->bytes, bytes, cell);
	return 0;
}

/* ---- the way out ---- */

static int
by_order(const void *left, const void *right)
{
	const struct change *a = *(struct change *const *)left;
	const struct change *b = *(struct change *const *)right;

	if (a->phase != b->phase)
		return a->phase < b->phase ? -1 : 1;
	if (a->fresh != b->fresh)
		return a->fresh ? -1 : 1;
	return a->block < b->block ? -1 : a->block > b->block;
}

static struct change **
in_order(void)
{
	struct change **all = calloc(count + 1, sizeof(struct change *));
	size_t used = 0;

	for (struct change *change = latest; all && change; change = change->earlier)
		if (!change->is_none)
			all[used++] = change;
	if (all)
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what is sorted */
		qsort(all, used, sizeof(all[0]), by_order);
	return all;
}

static int
write_change(struct change *change)
{
	errcode_t error;

	change->before = malloc(cell);
	if (!change->before)
		return -ENOMEM;
	error = ext4_io_read(change->block * cell, cell, change->before);
	if (!error)
		return ext4_io_write(change->block * cell, cell, change->bytes);
	/* What was not read is nothing to put back. */
	free(change->before);
	change->before = NULL;
	return ext4_errno(error);
}

static bool
put_back_changes(struct change *const *all, size_t written)
{
	bool good = true;

	while (written-- > 0)
		if (all[written]->before && ext4_io_write(all[written]->block * cell, cell, all[written]->before) < 0)
			good = false;
	return fdatasync(FD_IMAGE) == 0 && good;
}

int
ext4_transaction_commit(bool *put_back)
{
	struct change **all = in_order();
	size_t done = 0;
	int rc = all ? 0 : -ENOMEM;

	*put_back = true;
	for (; rc == 0 && done < count; done++) {
		if (done > 0 && all[done]->barriers != all[done - 1]->barriers && fdatasync(FD_IMAGE) < 0)
			rc = -errno;
		if (rc == 0)
			rc = write_change(all[done]);
	}
	if (rc == 0 && count > 0 && fdatasync(FD_IMAGE) < 0)
		rc = -errno;
	if (rc < 0 && all)
		*put_back = put_back_changes(all, done);
	free(all);
	return rc;
}
