/*
 * device.c: stat, and /proc/misc.
 */
#include "sys/device.h"

#include "sys/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

const struct device device_vhost_vsock = { "/dev/vhost-vsock", 241, "vhost-vsock", "vhost_vsock" };

int
device_look(const struct device *device)
{
	struct stat status;

	if (fstatat(AT_FDCWD, device->path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return S_ISCHR(status.st_mode) && status.st_rdev == makedev(DEVICE_MAJOR, device->minor_nr) ?
	       0 : -ENXIO;
}

int
device_has_driver(const struct device *device)
{
	static struct lines misc;
	int rc = lines_read(AT_FDCWD, "/proc/misc", &misc);
	char wanted[32];
	char *line;

	if (rc < 0)
		return rc;
	snprintf(wanted, sizeof(wanted), "%u %s", device->minor_nr, device->name);
	while ((line = lines_next(&misc)))
		if (strcmp(line + strspn(line, " "), wanted) == 0)
			return 1;
	return 0;
}
