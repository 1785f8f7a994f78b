/*
 * jail.c: the anchor of every VM's directory.
 */
#include "sys/jail.h"

#include "sys/directory.h"
#include "sys/handover.h"
#include "sys/mounts.h"
#include "sys/patience.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JAIL_MODE = 0711, TURN_MS = 10000 };

static int
open_checked(const char *path, struct jail_fault *fault)
{
	struct stat status;
	int fd = trusted_open(path, &status, &fault->length);

	fault->path = path;
	fault->wanted = "root's, writable by nobody else and no symlink";
	if (fd >= 0 && (!S_ISDIR(status.st_mode) || (status.st_mode & 07777) != JAIL_MODE)) {
		close(fd);
		fault->length = strlen(path);
		fault->wanted = "a directory of root's with mode 0711";
		return -EPERM;
	}
	return fd;
}

/* Binds jail_dir to itself unless it is a mount already, and makes that private. */
static int
bind_privately(const char *path, int *fd, struct jail_fault *fault)
{
	int is_root = mount_is_root(*fd), rc = is_root < 0 ? is_root : 0, clone;

	if (is_root == 0) {
		clone = mount_clone(*fd, 0, -1);
		rc = clone < 0 ? clone : mount_attach(clone, *fd, "");
		if (clone >= 0)
			close(clone);
		if (rc < 0)
			return rc;
		close(*fd);
		*fd = open_checked(path, fault);
		if (*fd < 0)
			return *fd;
	}
	/* Also after the attaching: under a shared parent it became shared again. */
	return rc < 0 ? rc : mount_make_private(*fd);
}

/* Not for ever: whoever holds it may have been frozen by the caller, in a cgroup of its own. */
static int
take_turn(int lock)
{
	struct patience patience = patience_of(TURN_MS, "another verb that prepares a jail");

	while (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (!patience_left(&patience))
			return -ETIMEDOUT;
	}
	return 0;
}

static int turn = -1;

int
jail_open(const struct settings *settings, struct jail_fault *fault)
{
	static char below[PATH_MAX + sizeof("/firecracker")];
	int fd = open_checked(settings->jail_dir.text, fault);

	if (fd < 0)
		return fd;
	close(fd);
	stpcpy(stpcpy(below, settings->jail_dir.text), "/firecracker");
	return open_checked(below, fault);
}

int
jail_open_in_turn(const struct settings *settings, struct jail_fault *fault)
{
	int rc, fd = open_checked(settings->jail_dir.text, fault);

	if (fd < 0)
		return fd;
	/* Mode 0711: nobody but root can open it for reading, and so hold this lock. */
	turn = beneath_open(fd, ".", O_RDONLY | O_DIRECTORY, 1);
	close(fd);
	rc = turn < 0 ? turn : take_turn(turn);
	return rc < 0 ? rc : jail_open(settings, fault);
}

int
jail_bind(const struct settings *settings, struct jail_fault *fault)
{
	int rc, fd = open_checked(settings->jail_dir.text, fault);

	if (fd < 0)
		return fd;
	rc = bind_privately(settings->jail_dir.text, &fd, fault);
	if (fd >= 0)
		close(fd);
	return rc < 0 ? rc : jail_open(settings, fault);
}

void
jail_end_turn(void)
{
	if (turn >= 0)
		close(turn);
	turn = -1;
}

int
jail_open_tmpfs(int directory, const char *name)
{
	int rc, fd = beneath_open(directory, name, O_PATH | O_DIRECTORY, 0);

	if (fd != -EXDEV)
		return fd;
	fd = beneath_open(directory, name, O_PATH | O_DIRECTORY, 1);
	rc = fd < 0 ? fd : mount_is_no_fuse(fd);
	if (rc == 1 || fd < 0)
		return fd;
	close(fd);
	return rc < 0 ? rc : -EXDEV;
}

/* What a descriptor, which it closes, says; of one that is not there, all zeros, and so nobody's. */
static int
look_at(int fd, struct stat *status)
{
	int rc = fd >= 0 && fstat(fd, status) < 0 ? -errno : fd < 0 ? fd : 0;

	if (fd >= 0)
		close(fd);
	if (rc < 0)
		*status = (struct stat){ 0 };
	return rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP ? 0 : rc;
}

/* Whether that VM's directory, or what is its root, is the uid's or the gid's: 1, 0, or -errno. */
static int
vm_has_ids(int jail, const char *vm, uid_t uid, gid_t gid)
{
	struct stat root, directory;
	int fd = beneath_open(jail, vm, O_PATH | O_DIRECTORY, 0);
	int rc = look_at(fd < 0 ? fd : jail_open_tmpfs(fd, "root"), &root), of_directory = look_at(fd, &directory);

	if (rc < 0 || of_directory < 0)
		return rc < 0 ? rc : of_directory;
	return (uid != 0 && (root.st_uid == uid || handover_taker(&directory) == uid)) ||
	       (gid != 0 && root.st_gid == gid);
}

int
jail_has_ids(int jail, uid_t uid, gid_t gid)
{
	struct directory_reader vms = { .fd = beneath_open(jail, ".", O_RDONLY | O_DIRECTORY, 1) };
	const char *name;
	int has = 0;

	if (vms.fd < 0)
		return vms.fd;
	while (!has && (name = directory_next(&vms)) && *name)
		has = vm_has_ids(jail, name, uid, gid);
	close(vms.fd);
	return has;
}
