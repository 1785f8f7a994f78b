/*
 * libraries.c: where ld.so(8) looks by itself.
 */
#include "sys/libraries.h"

#include "sys/trusted.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int
libraries_add(const struct chroot *chroot)
{
	static const char *const places[] = { "/usr/lib", "/usr/lib64", "/lib", "/lib64" };
	int rc = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && rc == 0; i++) {
		char target[PATH_MAX] = "";
		struct stat status;
		int fd;

		if (readlink(places[i], target, sizeof(target) - 1) > 0) {
			rc = chroot_add_link(chroot, places[i] + 1, target);
			continue;
		}
		fd = trusted_open(places[i], &status, NULL);
		if (fd == -ENOENT)
			continue;
		rc = fd < 0 ? fd : chroot_add_mount(chroot, places[i] + 1, fd, MOUNT_ATTR_RDONLY, -1, true);
		if (fd >= 0)
			close(fd);
	}
	return rc;
}
