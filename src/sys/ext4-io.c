/*
 * ext4-io.c: the image's bytes, in and out.
 */
#include "sys/ext4-io.h"

#include "keep.h"
#include "say/say.h"

#include <errno.h>
#include <unistd.h>

static uint64_t image_bytes;
static int64_t deadline;

int
ext4_io_begin(int timeout_ms)
{
	off_t end = lseek(FD_IMAGE, 0, SEEK_END);

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

errcode_t
ext4_io_read(uint64_t offset, size_t length, void *into)
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

int
ext4_io_write(uint64_t offset, size_t length, const void *from)
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
