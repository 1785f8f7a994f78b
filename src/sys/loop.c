/*
 * loop.c: LOOP_CTL_GET_FREE, LOOP_CONFIGURE (Linux 5.8), LOOP_CLR_FD.
 */
#include "sys/loop.h"

#include "keep.h"
#include "sys/device.h"
#include "sys/patience.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TAG "BANGER:"

enum { SECTOR_BYTES = 512, RACES_MAX = 128 };

int
loop_control_open(void)
{
	return device_open(&device_loop_control, FD_LOOP);
}

/* The kernel keeps 63 bytes.  A name that is too long for them loses the beginning that all names have
 * in common; the asterisk, which is in no name, keeps the two spellings apart. */
static void
write_tag(const struct dm_name *name, char tag[LO_NAME_SIZE])
{
	if (strlen(TAG) + strlen(name->text) < LO_NAME_SIZE)
		snprintf(tag, LO_NAME_SIZE, TAG "%s", name->text);
	else
		snprintf(tag, LO_NAME_SIZE, TAG "*%s", name->text + strlen(DM_NAME_PREFIX));
}

static int
open_node(unsigned number, int flags)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/loop%u", number);
	fd = open(path, flags | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int
look_at(int fd, struct loop *out)
{
	struct loop_info64 info;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISBLK(status.st_mode) || major(status.st_rdev) != LOOP_MAJOR)
		return -ENOTBLK;
	*out = (struct loop){ .fd = fd, .device = status.st_rdev };
	if (ioctl(fd, BLKGETDISKSEQ, &out->sequence) < 0 ||
	    ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	out->number = info.lo_number;
	out->file_device = info.lo_device;
	out->file_inode = info.lo_inode;
	out->read_only = info.lo_flags & LO_FLAGS_READ_ONLY;
	memcpy(out->tag, info.lo_file_name, sizeof(out->tag) - 1);
	return 0;
}

int
loop_open(unsigned number, struct loop *out)
{
	int rc, fd = open_node(number, O_RDONLY);

	*out = (struct loop){ 0 };
	rc = fd < 0 ? fd : look_at(fd, out);

	if (rc == 0 && out->number != number)
		rc = -ENOTBLK;
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc == -ENOENT || rc == -ENODEV ? -ENXIO : rc;
}

int
loop_attach(int file, uint64_t bytes, bool read_only, const struct dm_name *name, struct loop *out)
{
	struct loop_config config = {
		.fd = (uint32_t)file,
		.block_size = SECTOR_BYTES,
		.info = {
			/* So that a file that grows meanwhile does not grow the device. */
			.lo_sizelimit = bytes,
			.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0),
		},
	};
	int rc = -EBUSY;

	write_tag(name, (char *)config.info.lo_file_name);
	/* Between "this one is free" and ours anybody may take it: then the next. */
	for (int tries = 0; rc == -EBUSY && tries < RACES_MAX; tries++) {
		int number = ioctl(FD_LOOP, LOOP_CTL_GET_FREE);
		int fd = number < 0 ? -errno : open_node((unsigned)number, read_only ? O_RDONLY : O_RDWR);

		if (fd < 0)
			return fd;
		rc = ioctl(fd, LOOP_CONFIGURE, &config) < 0 ? -errno : look_at(fd, out);
		if (rc < 0)
			close(fd);
	}
	return rc;
}

bool
loop_is_of(const struct loop *loop, const struct dm_name *name)
{
	char tag[LO_NAME_SIZE];

	write_tag(name, tag);
	return strcmp(loop->tag, tag) == 0;
}

bool
loop_is_ours(const struct loop *loop)
{
	return strncmp(loop->tag, TAG, strlen(TAG)) == 0;
}

void
loop_name(const struct loop *loop, struct dm_name *name)
{
	const char *rest = loop->tag + strlen(TAG);

	snprintf(name->text, sizeof(name->text), "%s%s", *rest == '*' ? DM_NAME_PREFIX : "",
		 *rest == '*' ? rest + 1 : rest);
}

static int
each_in(const struct dirent64 *entry, int (*each)(struct loop *loop, void *data), void *data)
{
	struct loop loop;
	uint64_t number;
	int rc;

	if (strncmp(entry->d_name, "loop", 4) != 0 ||
	    !gate_number(entry->d_name + 4, 0, LOOP_NUMBER_MAX, &number))
		return 0;
	rc = loop_open((unsigned)number, &loop);
	if (rc == -ENXIO)
		return 0;
	if (rc < 0)
		return rc;
	rc = each(&loop, data);
	if (loop.fd >= 0)
		close(loop.fd);
	return rc;
}

int
loop_each(int (*each)(struct loop *loop, void *data), void *data)
{
	static _Alignas(struct dirent64) char entries[4096];
	int directory = open("/sys/block", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ssize_t got = 0;
	int rc = directory < 0 ? -errno : 0;

	/* readdir(3) would want memory, and system calls for it. */
	while (rc == 0 && (got = getdents64(directory, entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; rc == 0 && at < got;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			rc = each_in(entry, each, data);
			at += entry->d_reclen;
		}
	if (rc == 0 && got < 0)
		rc = -errno;
	if (directory >= 0)
		close(directory);
	return rc;
}

static bool
is_gone(const struct loop *loop)
{
	struct loop now = { 0 };

	if (loop_open(loop->number, &now) < 0)
		return true;
	close(now.fd);
	return now.sequence != loop->sequence;
}

int
loop_detach(struct loop *loop, int timeout_ms)
{
	struct patience patience = patience_of(timeout_ms, "the loop device to be closed");
	uint64_t sequence = 0;
	int rc = ioctl(loop->fd, BLKGETDISKSEQ, &sequence) < 0 ? -errno : 0;

	if (rc == 0 && sequence != loop->sequence)
		rc = -ESTALE;
	if (rc == 0 && ioctl(loop->fd, LOOP_CLR_FD) < 0 && errno != ENXIO)
		rc = -errno;
	close(loop->fd);
	loop->fd = -1;
	while (rc == 0 && !is_gone(loop))
		if (!patience_left(&patience))
			rc = -EBUSY;
	return rc;
}
