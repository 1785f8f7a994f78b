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
#include <unistd.h>

const struct device device_kvm = { "/dev/kvm", 232, "kvm", "kvm_intel || modprobe kvm_amd" };
const struct device device_tun = { "/dev/net/tun", 200, "tun", "tun" };
const struct device device_loop_control = { "/dev/loop-control", 237, "loop-control", "loop" };
const struct device device_mapper_control = { "/dev/mapper/control", 236, "device-mapper", "dm_mod" };
const struct device device_vhost_vsock = { "/dev/vhost-vsock", 241, "vhost-vsock", "vhost_vsock" };

static bool
is_it(const struct device *device, const struct stat *status)
{
	return S_ISCHR(status->st_mode) && status->st_rdev == makedev(DEVICE_MAJOR, device->minor_nr);
}

int
device_look(const struct device *device)
{
	struct stat status;

	if (fstatat(AT_FDCWD, device->path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return is_it(device, &status) ? 0 : -ENXIO;
}

int
device_open(const struct device *device, enum descriptor number)
{
	int rc, fd = open(device->path, O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return -errno;
	rc = fstat(fd, &status) < 0 ? -errno : is_it(device, &status) ? 0 : -ENXIO;
	if (rc == 0 && fd == (int)number)
		return 0;
	if (rc == 0 && dup3(fd, (int)number, O_CLOEXEC) < 0)
		rc = -errno;
	close(fd);
	return rc;
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
