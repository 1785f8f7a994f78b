/*
 * ext4-manager.c: the io_manager's functions; a count below zero is one of bytes.
 */
#include "sys/ext4-manager.h"

#include "sys/ext4-io.h"
#include "sys/ext4-transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static errcode_t
find_range(const struct struct_io_channel *channel, unsigned long long block, int how_many,
	   uint64_t *offset, size_t *length)
{
	*length = how_many < 0 ? (size_t)-(long)how_many : (size_t)how_many * (size_t)channel->block_size;
	if (__builtin_mul_overflow(block, (uint64_t)channel->block_size, offset) ||
	    *offset > ext4_io_size() || *length > ext4_io_size() - *offset)
		return EXT2_ET_SHORT_READ;
	return 0;
}

static errcode_t
manager_read(io_channel channel, unsigned long long block, int how_many, void *into)
{
	unsigned cell = ext4_transaction_block_bytes();
	unsigned char *bytes = into;
	uint64_t offset;
	size_t length;
	errcode_t error = find_range(channel, block, how_many, &offset, &length);

	if (!error)
		error = ext4_io_read(offset, length, bytes);
	/* What is known of it already, or is from now on. */
	for (uint64_t at = cell ? offset / cell : 0; !error && cell && at * cell < offset + length; at++) {
		const unsigned char *known = ext4_transaction_get(at);
		uint64_t from = at * cell > offset ? at * cell : offset;
		uint64_t to = (at + 1) * cell < offset + length ? (at + 1) * cell : offset + length;

		if (known)
			memcpy(bytes + (from - offset), known + (from - at * cell), to - from);
		else if (to - from == cell)
			error = ext4_transaction_keep(at, bytes + (from - offset));
	}
	return error;
}

static errcode_t
read_block(uint64_t block, unsigned cell, unsigned char *into)
{
	const unsigned char *known = ext4_transaction_get(block);

	if (!known)
		return ext4_io_read(block * cell, cell, into);
	memcpy(into, known, cell);
	return 0;
}

static errcode_t
manager_write(io_channel channel, unsigned long long block, int how_many, const void *from)
{
	static unsigned char now[EXT2_MAX_BLOCK_SIZE], then[EXT2_MAX_BLOCK_SIZE];
	unsigned cell = ext4_transaction_block_bytes();
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

		error = read_block(at, cell, then);
		if (error)
			return error;
		memcpy(now, then, cell);
		memcpy(now + skip, bytes, part);
		/* libext2fs writes every bitmap anew, whether it changed or not. */
		if (memcmp(now, then, cell) != 0)
			error = ext4_transaction_put(at, now);
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
	ext4_transaction_forget();
	/* libext2fs frees the name with the channel. */
	channel->name = strdup(name);
	channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	channel->manager = &ext4_manager;
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

struct struct_io_manager ext4_manager = {
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
