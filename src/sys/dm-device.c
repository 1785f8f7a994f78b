/*
 * dm-device.c: one ioctl of /dev/mapper/control, and the node.
 */
#include "sys/dm-device.h"

#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define OURS "BANGER-"

/* The kernel gives the device's number as new_encode_dev does, which makedev does not undo. */
static dev_t
device_number(uint64_t encoded)
{
	return makedev((unsigned)(encoded >> 8) & 0xfff,
		       (unsigned)(encoded & 0xff) | ((unsigned)(encoded >> 12) & 0xfff00));
}

static int
dm_status(const struct dm_name *name, struct dm_ioctl *out)
{
	struct stat status;
	int directory = trusted_open("/dev/mapper", &status, NULL), control, rc = 0;

	if (directory < 0)
		return directory;
	control = beneath_open(directory, "control", O_RDWR, 0);
	close(directory);
	if (control < 0)
		return control;
	*out = (struct dm_ioctl){
		.version = { DM_VERSION_MAJOR, 0, 0 }, .data_size = sizeof(*out),
		.data_start = sizeof(*out),
	};
	memcpy(out->name, name->text, strlen(name->text));
	if (ioctl(control, DM_DEV_STATUS, out) < 0)
		rc = errno == ENXIO ? -ENOENT : -errno;
	close(control);
	return rc;
}

/* /dev/dm-N is the kernel's own node; where /dev is not a devtmpfs, libdevmapper has made a node in
 * /dev/mapper.  Neither is believed but for its number. */
static int
open_node(const struct dm_name *name, dev_t number, int flags)
{
	char paths[2][sizeof(name->text) + 8];
	struct stat status;
	int dev = trusted_open("/dev", &status, NULL), fd = -ENOENT;

	if (dev < 0)
		return dev;
	snprintf(paths[0], sizeof(paths[0]), "dm-%u", minor(number));
	snprintf(paths[1], sizeof(paths[1]), "mapper/%s", name->text);
	for (unsigned i = 0; i < 2 && (fd == -ENOENT || fd == -ELOOP); i++) {
		int node = beneath_open(dev, paths[i], O_PATH | O_NOFOLLOW, 0);

		if (node >= 0 && (fstat(node, &status) < 0 || !S_ISBLK(status.st_mode) ||
				  status.st_rdev != number)) {
			close(node);
			node = -ENOENT;
		}
		fd = node;
		if (node >= 0) {
			fd = beneath_open(dev, paths[i], flags, 0);
			close(node);
		}
	}
	close(dev);
	return fd;
}

int
dm_open(const struct dm_name *name, int flags, unsigned *users)
{
	struct dm_ioctl before, after;
	struct stat status;
	int rc = dm_status(name, &before), fd;

	if (rc < 0)
		return rc;
	if (strncmp(before.uuid, OURS, sizeof(OURS) - 1) != 0)
		return -EPERM;
	fd = open_node(name, device_number(before.dev), flags);
	if (fd < 0)
		return fd;
	/* While the descriptor is open the mapping cannot go, nor its number become another's. */
	rc = dm_status(name, &after);
	if (rc == 0 && (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode) ||
			status.st_rdev != device_number(after.dev) || strcmp(before.uuid, after.uuid) != 0))
		rc = -ENOENT;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	if (users)
		*users = after.open_count > 0 ? (unsigned)after.open_count : 0;
	return fd;
}
