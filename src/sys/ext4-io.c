/*
 * ext4-io.c: the io_manager, its memory of writes, and the way they go out.
 */
#include "sys/ext4-io.h"

#include "keep.h"
#include "say/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUCKETS = 16384 };

/* One block as it shall be once its phase is over. */
struct change {
	uint64_t block;
	unsigned phase, barriers;       /* how many came before */
	bool fresh;                     /* was free when the image was opened */
	unsigned char *bytes, *before;
	struct change *older;           /* in the same bucket, newest first */
	struct change *earlier;         /* of all */
};

static uint64_t image_bytes;
static int64_t deadline;
static unsigned cell;                   /* bytes of a block; 0 until something is written */
static unsigned phase, barriers;
static ext2fs_block_bitmap blocks_in_use;
/* Gone through only by block: most of its pages are never touched. */
static struct change *buckets[BUCKETS];
static struct change *latest;
static size_t count;

static void
forget(void)
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

int
ext4_io_begin(int timeout_ms)
{
	off_t end = lseek(FD_IMAGE, 0, SEEK_END);

	forget();
	if (end < 0)
		return -errno;
	image_bytes = (uint64_t)end;
	deadline = waiting_clock() + timeout_ms;
	waiting_begin("the image");
	return 0;
}

uint64_t
ext4_io_size(void)
{
	return image_bytes;
}

void
ext4_io_writable(unsigned block_bytes)
{
	cell = block_bytes;
}

void
ext4_io_next_phase(ext2fs_block_bitmap in_use, bool barrier)
{
	blocks_in_use = in_use;
	barriers += barrier;
	phase++;
}

static errcode_t
read_image(uint64_t offset, size_t length, void *into)
{
	char *bytes = into;

	if (waiting_left(deadline) == 0)
		return ETIMEDOUT;
	while (length > 0) {
		ssize_t got = pread(FD_IMAGE, bytes, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? errno : EXT2_ET_SHORT_READ;
		bytes += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

static int
write_image(uint64_t offset, size_t length, const void *from)
{
	const char *bytes = from;

	/* What has been begun is done, however long it takes. */
	(void)waiting_left(FOR_EVER);
	while (length > 0) {
		ssize_t put = pwrite(FD_IMAGE, bytes, length, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		bytes += put;
		offset += (uint64_t)put;
		length -= (size_t)put;
	}
	return 0;
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

static bool
was_free(uint64_t block)
{
	return blocks_in_use && block >= ext2fs_get_block_bitmap_start2(blocks_in_use) &&
	       block <= ext2fs_get_block_bitmap_end2(blocks_in_use) &&
	       !ext2fs_test_block_bitmap2(blocks_in_use, block);
}

static errcode_t
remember(uint64_t block, const unsigned char *bytes)
{
	struct change *change = newest(block);

	if (!change || change->phase != phase) {
		change = calloc(1, sizeof(*change));
		if (!change || !(change->bytes = malloc(cell))) {
			free(change);
			return EXT2_ET_NO_MEMORY;
		}
		change->block = block;
		change->phase = phase;
		change->barriers = barriers;
		change->fresh = was_free(block);
		change->older = buckets[block % BUCKETS];
		buckets[block % BUCKETS] = change;
		change->earlier = latest;
		latest = change;
		count++;
	}
	memcpy(change->bytes, bytes, cell);
	return 0;
}

static errcode_t
read_block(uint64_t block, unsigned char *into)
{
	const struct change *change = newest(block);

	if (!change)
		return read_image(block * cell, cell, into);
	memcpy(into, change->bytes, cell);
	return 0;
}

/* ---- the io_manager: a count below zero is one of bytes ---- */

static errcode_t
find_range(const struct struct_io_channel *channel, unsigned long long block, int how_many,
	   uint64_t *offset, size_t *length)
{
	*length = how_many < 0 ? (size_t)-(long)how_many : (size_t)how_many * (size_t)channel->block_size;
	if (__builtin_mul_overflow(block, (uint64_t)channel->block_size, offset) ||
	    *offset > image_bytes || *length > image_bytes - *offset)
		return EXT2_ET_SHORT_READ;
	return 0;
}

static errcode_t
manager_read(io_channel channel, unsigned long long block, int how_many, void *into)
{
	unsigned char *bytes = into;
	uint64_t offset;
	size_t length;
	errcode_t error = find_range(channel, block, how_many, &offset, &length);

	if (!error)
		error = read_image(offset, length, bytes);
	/* What lies over it, where anything was written yet. */
	for (uint64_t at = cell ? offset / cell : 0; !error && cell && at * cell < offset + length; at++) {
		const struct change *change = newest(at);
		uint64_t from = at * cell > offset ? at * cell : offset;
		uint64_t to = (at + 1) * cell < offset + length ? (at + 1) * cell : offset + length;

		if (change)
			memcpy(bytes + (from - offset), change->bytes + (from - at * cell), to - from);
	}
	return error;
}

static errcode_t
manager_write(io_channel channel, unsigned long long block, int how_many, const void *from)
{
	static unsigned char now[EXT2_MAX_BLOCK_SIZE], then[EXT2_MAX_BLOCK_SIZE];
	const unsigned char *bytes = from;
	uint64_t offset;
	size_t length;
	errcode_t error = find_range(channel, block, how_many, &offset, &length);

	if (!cell)
		return EROFS;
	while (!error && length > 0) {
		uint64_t at = offset / cell;
		size_t skip = offset % cell;
		size_t part = cell - skip < length ? cell - skip : length;

		error = read_block(at, then);
		if (error)
			return error;
		memcpy(now, then, cell);
		memcpy(now + skip, bytes, part);
		/* libext2fs writes every bitmap anew, whether it changed or not. */
		if (memcmp(now, then, cell) != 0)
			error = remember(at, now);
		offset += part;
		bytes += part;
		length -= part;
	}
	return error;
}

static errcode_t
manager_read_old(io_channel channel, unsigned long block, int how_many, void *into)
{
	return manager_read(channel, block, how_many, into);
}

static errcode_t
manager_write_old(io_channel channel, unsigned long block, int how_many, const void *from)
{
	return manager_write(channel, block, how_many, from);
}

static errcode_t
manager_set_block_size(io_channel channel, int bytes)
{
	channel->block_size = bytes;
	return 0;
}

static errcode_t
manager_open(const char *name, int flags, io_channel *out)
{
	io_channel channel = calloc(1, sizeof(*channel));

	(void)flags;
	if (!channel)
		return EXT2_ET_NO_MEMORY;
	/* libext2fs frees the name with the channel. */
	channel->name = strdup(name);
	channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	channel->manager = &ext4_io;
	channel->block_size = SUPERBLOCK_SIZE;
	channel->refcount = 1;
	*out = channel;
	return 0;
}

static errcode_t
manager_close(io_channel channel)
{
	if (--channel->refcount > 0)
		return 0;
	free(channel->name);
	free(channel);
	return 0;
}

static errcode_t
manager_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

struct struct_io_manager ext4_io = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "FD_IMAGE",
	.open = manager_open,
	.close = manager_close,
	.set_blksize = manager_set_block_size,
	.read_blk = manager_read_old,
	.write_blk = manager_write_old,
	.flush = manager_flush,
	.read_blk64 = manager_read,
	.write_blk64 = manager_write,
};

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
	error = read_image(change->block * cell, cell, change->before);
	if (!error)
		return write_image(change->block * cell, cell, change->bytes);
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
		if (all[written]->before && write_image(all[written]->block * cell, cell,
							all[written]->before) < 0)
			good = false;
	return fdatasync(FD_IMAGE) == 0 && good;
}

int
ext4_io_commit(bool *put_back)
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

int
ext4_errno(errcode_t error)
{
	switch (error) {
	case 0:
		return 0;
	case EXT2_ET_NO_MEMORY:
		return -ENOMEM;
	case EXT2_ET_BLOCK_ALLOC_FAIL:
	case EXT2_ET_INODE_ALLOC_FAIL:
	case EXT2_ET_DIR_NO_SPACE:
		return -ENOSPC;
	case EXT2_ET_FILE_NOT_FOUND:
		return -ENOENT;
	case EXT2_ET_UNSUPP_FEATURE:
	case EXT2_ET_RO_UNSUPP_FEATURE:
		return -EOPNOTSUPP;
	default:
		/* com_err leaves the first 256 numbers to errno. */
		return error > 0 && error < 256 ? (int)-error : -EUCLEAN;
	}
}
