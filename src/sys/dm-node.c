/*
 * dm-node.c: names in /dev/mapper, and which of them are device-mapper's.
 */
#include "sys/dm-node.h"

#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int
open_directory(void)
{
	int fd = open("/dev/mapper", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* 1 when a device of that number is a mapping, or there is none (any more); 0 when it is another one; or -errno. */
static int
is_mapping_or_nothing(dev_t device)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dm", major(device), minor(device));
	if (stat(path, &status) == 0)
		return 1;
	if (errno != ENOENT)
		return -errno;
	*strrchr(path, '/') = '\0';
	if (stat(path, &status) == 0)
		return 0;
	return errno == ENOENT ? 1 : -errno;
}

/* 1 for a node of device-mapper's, or udev's link to one: whichever mapping it leads to, the name in /dev/mapper is
 * that of the mapping which has it.  0 for what is neither; -ENOENT, or another -errno when it cannot be told. */
static int
is_node(int directory, const char *name)
{
	static const char beginning[] = "../dm-";
	char target[sizeof(beginning)];
	struct stat status;
	ssize_t length;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISBLK(status.st_mode))
		return is_mapping_or_nothing(status.st_rdev);
	if (!S_ISLNK(status.st_mode))
		return 0;
	length = readlinkat(directory, name, target, sizeof(target));
	if (length < 0)
		return -errno;
	return length == sizeof(target) && memcmp(target, beginning, strlen(beginning)) == 0;
}

int
dm_check_node(const struct dm_name *name)
{
	int directory = open_directory(), rc;

	if (directory < 0)
		return directory;
	rc = is_node(directory, name->text);
	close(directory);
	return rc == 0 ? -EEXIST : rc > 0 || rc == -ENOENT ? 0 : rc;
}

int
dm_remove_node(const struct dm_name *name)
{
	int directory = open_directory(), rc;

	if (directory < 0)
		return directory;
	rc = is_node(directory, name->text);
	if (rc > 0)
		rc = unlinkat(directory, name->text, 0) < 0 ? -errno : 0;
	close(directory);
	return rc == -ENOENT ? 0 : rc;
}

int
dm_make_node(const struct dm_name *name, dev_t device)
{
	int directory = open_directory();
	int rc = directory < 0 ? directory : -EEXIST;

	/* Stale, or udev's: ours takes its place, so that the name is there when the verb is done. */
	for (int tries = 0; rc == -EEXIST && tries < 4; tries++) {
		rc = mknodat(directory, name->text, S_IFBLK | 0600, device) < 0 ? -errno : 0;
		if (rc == -EEXIST)
			(void)dm_remove_node(name);
	}
	if (directory >= 0)
		close(directory);
	return rc;
}

/* Opened for use only once it is seen to be the device: to open another one may do something. */
static int
open_if(int dev, const char *path, dev_t device, int flags)
{
	struct stat status;
	int fd, node = beneath_open(dev, path, O_PATH | O_NOFOLLOW, 0);

	if (node < 0)
		return node;
	fd = fstat(node, &status) == 0 && S_ISBLK(status.st_mode) && status.st_rdev == device ?
	     beneath_open(dev, path, flags, 0) : -ENOENT;
	close(node);
	if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode) || status.st_rdev != device)) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

int
dm_open_node(const struct dm_name *name, dev_t device, int flags)
{
	char kernels[32], ours[sizeof(name->text) + 8];
	struct stat status;
	int fd, dev = trusted_open("/dev", &status, NULL);

	if (dev < 0)
		return dev;
	snprintf(kernels, sizeof(kernels), "dm-%u", minor(device));
	snprintf(ours, sizeof(ours), "mapper/%s", name->text);
	fd = open_if(dev, kernels, device, flags);
	if (fd == -ENOENT || fd == -ELOOP)
		fd = open_if(dev, ours, device, flags);
	close(dev);
	return fd == -ELOOP ? -ENOENT : fd;
}
