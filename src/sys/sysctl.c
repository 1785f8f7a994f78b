/*
 * sysctl.c: reads, and writes what differs.
 */
#include "sys/sysctl.h"

#include "keep.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int
sysctl_open(void)
{
	int fd = open("/proc/sys/net", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fd == FD_SYSCTL)
		return 0;
	if (dup3(fd, FD_SYSCTL, O_CLOEXEC) < 0)
		return -errno;
	close(fd);
	return 0;
}

int
sysctl_get(const char *name)
{
	char now = '\0';
	int rc = 0, fd = beneath_open(FD_SYSCTL, name, O_RDONLY, 0);

	if (fd < 0)
		return fd;
	if (read(fd, &now, 1) != 1)
		rc = -EIO;
	close(fd);
	return rc < 0 ? rc : now - '0';
}

int
sysctl_set(const char *name, int value)
{
	char wanted = (char)('0' + value), now[2] = "";
	int fd = beneath_open(FD_SYSCTL, name, O_RDWR, 0);
	int rc = 0;

	/* Containers see it read-only; what is as it should be needs no writing. */
	if (fd == -EROFS || fd == -EACCES)
		fd = beneath_open(FD_SYSCTL, name, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	if (read(fd, now, sizeof(now)) < 0)
		rc = -errno;
	else if ((now[0] != wanted || now[1] != '\n') && pwrite(fd, &wanted, 1, 0) != 1)
		rc = errno == EBADF ? -EROFS : -errno;
	close(fd);
	return rc;
}

int
sysctl_set_link(const char *family, const char *link, const char *name, int value)
{
	char path[96];
	int rc;

	snprintf(path, sizeof(path), "%s/conf/%s/%s", family, link, name);
	rc = sysctl_set(path, value);
	return rc == -ENOENT ? 0 : rc;
}
