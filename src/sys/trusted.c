/*
 * trusted.c: walks from / one component at a time, each by descriptor.
 */
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
beneath_open(int directory, const char *name, int flags, int cross_mounts)
{
	struct open_how how = {
		/* With O_PATH openat2 refuses flags that mean nothing to it. */
		.flags = (unsigned)flags | O_CLOEXEC | (flags & O_PATH ? 0U : O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	if (!cross_mounts)
		how.resolve |= RESOLVE_NO_XDEV;
	/* EAGAIN: a rename went on somewhere meanwhile (openat2(2)); bounded, or it is a way to hold
	 * us up. */
	for (int tries = 0; tries < 32; tries++) {
		fd = syscall(SYS_openat2, directory, name, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

static int
check_trusted(int fd, struct stat *status)
{
	if (fstat(fd, status) < 0)
		return -errno;
	if (S_ISLNK(status->st_mode))
		return -ELOOP;
	if (status->st_uid != 0 || (status->st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	return 0;
}

int
trusted_open(const char *path, struct stat *status, size_t *bad)
{
	const char *rest = path;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : check_trusted(fd, status);

	while (rc == 0 && *rest) {
		char name[NAME_MAX + 1];
		size_t length;
		int next;

		rest++;         /* the slash */
		length = (size_t)(strchrnul(rest, '/') - rest);
		if (length >= sizeof(name)) {
			rc = -ENAMETOOLONG;
			break;
		}
		memcpy(name, rest, length);
		name[length] = '\0';
		rest += length;
		next = beneath_open(fd, name, O_PATH | O_NOFOLLOW, 1);
		close(fd);
		fd = next;
		rc = fd < 0 ? fd : check_trusted(fd, status);
	}
	if (rc < 0) {
		if (bad)
			*bad = (size_t)(rest - path);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	return fd;
}

int
trusted_open_parent(const char *path, const char **name, size_t *bad)
{
	char parent[PATH_MAX];
	struct stat status;
	const char *slash = strrchr(path, '/');

	*name = slash + 1;
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	return trusted_open(parent, &status, bad);
}
