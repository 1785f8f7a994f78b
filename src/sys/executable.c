/*
 * executable.c: known by their inodes, never by a process's word.
 */
#include "sys/executable.h"

#include "sys/binary.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int
executable_is_configured(const struct stat *executable, const struct settings *settings)
{
	struct binary_found found;
	struct stat status;
	int rc, fd = binary_open(BINARY_FIRECRACKER, settings, &found);

	if (fd < 0)
		return binary_has_fault(fd) ? 0 : fd;
	rc = fstat(fd, &status) < 0 ? -errno : same_file(executable, &status);
	close(fd);
	return rc;
}

/* The copy's, which the caller closes; -ENXIO when it is no regular file. */
static int
pin_copy(int vm_directory, struct stat *status)
{
	int rc, fd, root = jail_open_tmpfs(vm_directory, "root");

	if (root < 0)
		return root;
	fd = beneath_open(root, "firecracker", O_PATH | O_NOFOLLOW, 0);
	close(root);
	if (fd < 0)
		return fd;
	rc = fstat(fd, status) < 0 ? -errno : S_ISREG(status->st_mode) ? fd : -ENXIO;
	if (rc < 0)
		close(fd);
	return rc;
}

/* Nobody's, whatever has that name. */
static bool
is_no_copy(int rc)
{
	return rc == -ENOENT || rc == -ENXIO || rc == -ENOTDIR || rc == -ELOOP;
}

static int
pin_directory(const char *vm, const struct settings *settings)
{
	char path[PATH_MAX + VM_ID_MAX + 32];
	struct stat status;

	snprintf(path, sizeof(path), "%s/firecracker/%.*s", settings->jail_dir.text, VM_ID_MAX + 1, vm);
	return trusted_open(path, &status, NULL);
}

int
executable_is_copy(const struct stat *executable, const char *vm, const struct settings *settings)
{
	struct stat status;
	int fd, directory = pin_directory(vm, settings);

	if (directory < 0)
		return directory == -EPERM || is_no_copy(directory) ? 0 : directory;
	fd = pin_copy(directory, &status);
	close(directory);
	if (fd < 0)
		return is_no_copy(fd) ? 0 : fd;
	close(fd);
	return same_file(executable, &status);
}

/* Of a pinned regular file. */
static int
is_open_elsewhere(int pinned)
{
	char link[32];
	int rc, fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", pinned);
	/* Somebody else's lease on it is no reason to wait. */
	fd = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == EWOULDBLOCK ? 1 : -errno;
	/* By default whoever wants the file ends its holder: SIGIO.  SIGURG does nothing to it. */
	rc = fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0 ? -errno : 0;
	close(fd);
	return rc == -EAGAIN ? 1 : rc == -EINVAL ? -EOPNOTSUPP : rc;
}

int
executable_copy_is_used(int vm_directory)
{
	struct stat status;
	int rc, fd = pin_copy(vm_directory, &status);

	if (fd < 0)
		return is_no_copy(fd) ? 0 : fd == -EXDEV ? -EOPNOTSUPP : fd;
	rc = is_open_elsewhere(fd);
	close(fd);
	return rc;
}

int
executable_any_used(const struct vm_id *vm, const struct settings *settings)
{
	struct binary_found found;
	int rc = 0, directory, fd = binary_open(BINARY_FIRECRACKER, settings, &found);

	if (fd >= 0) {
		rc = is_open_elsewhere(fd);
		close(fd);
	} else if (!binary_has_fault(fd)) {
		rc = fd;
	}
	directory = rc == 0 ? pin_directory(vm->text, settings) : -ENOENT;
	if (directory >= 0) {
		rc = executable_copy_is_used(directory);
		close(directory);
	} else if (directory != -EPERM && !is_no_copy(directory)) {
		rc = directory;
	}
	return rc;
}
