/*
 * socket-file.c: one component at a time, each by descriptor.
 */
#include "sys/socket-file.h"

#include "sys/jail.h"
#include "sys/pinned.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int
socket_watch_open(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0 || fd == FD_INOTIFY)
		return fd < 0 ? -errno : 0;
	if (dup3(fd, FD_INOTIFY, O_CLOEXEC) < 0)
		return -errno;
	close(fd);
	return 0;
}

void
socket_watch_forget(void)
{
	char events[4096];

	(void)!read(FD_INOTIFY, events, sizeof(events));
}

/* By way of the current directory: inotify_add_watch(2) takes no descriptor.  Whatever brings a new
 * name into a directory is one of these two. */
static int
watch_directory(int directory)
{
	if (fchdir(directory) < 0 ||
	    inotify_add_watch(FD_INOTIFY, ".", IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		return -errno;
	return 0;
}

/* The owner's, or still root's where an interrupted ensure-socket-dir left it.  No mount: the owner can have a FUSE
 * over it, which answers what it likes, or never. */
static int
open_runtime_dir(const struct settings *settings)
{
	const char *name;
	struct stat status;
	int fd, parent = trusted_open_parent(settings->runtime_dir.text, &name, NULL);

	if (parent < 0)
		return parent;
	fd = beneath_open(parent, name, O_PATH | O_DIRECTORY, 0);
	close(parent);
	if (fd < 0)
		return fd;
	if (fstat(fd, &status) == 0 && !(status.st_mode & (S_IWGRP | S_IWOTH)) &&
	    (status.st_uid == 0 || status.st_uid == settings->owner.uid))
		return fd;
	close(fd);
	return -EPERM;
}

/* jail_dir/firecracker/VM_ID: the path's first `length` bytes. */
static int
open_jail(const struct socket_path *socket, size_t length)
{
	char path[SOCKET_PATH_MAX + 1] = "";
	struct stat status;

	memcpy(path, socket->text, length);
	return trusted_open(path, &status, NULL);
}

/* The directory that the tree hangs in; *rest begins with the slash after it. */
static int
open_anchor(const struct socket_path *socket, const struct settings *settings, const char **rest)
{
	size_t length = strlen(settings->runtime_dir.text);
	int fd;

	if (socket->vm.text[0])
		length = strlen(settings->jail_dir.text) + strlen("/firecracker/") +
			 strlen(socket->vm.text);
	*rest = socket->text + length;
	fd = socket->vm.text[0] ? open_jail(socket, length) : open_runtime_dir(settings);
	/* A symlink up here is the host's fault, not the caller's. */
	return fd == -ENOENT ? -ENXIO : fd == -ELOOP || fd == -ENOTDIR ? -EPERM : fd;
}

static int
check_socket(int fd, const struct settings *settings, struct stat *status)
{
	if (fstat(fd, status) < 0)
		return -errno;
	if (S_ISLNK(status->st_mode))
		return -ELOOP;
	if (!S_ISSOCK(status->st_mode))
		return -ENOTSOCK;
	if (!gate_vm_side(status->st_uid, settings))
		return -EACCES;
	return status->st_nlink == 1 ? 0 : -EMLINK;
}

int
socket_pin(const struct socket_path *socket, const struct settings *settings, bool watch,
	   struct stat *status)
{
	const char *rest;
	int rc, fd = open_anchor(socket, settings, &rest);

	for (unsigned depth = 0; fd >= 0 && *rest; depth++) {
		char name[SOCKET_PATH_MAX + 1] = "";
		size_t length = strcspn(++rest, "/");
		bool last = !rest[length], mount;
		int next = 0;

		memcpy(name, rest, length);
		rest += length;
		/* The jail's root is a mount, and so may the socket directory be, beside or in it. */
		mount = socket->vm.text[0] && !last &&
			(depth == 0 || (depth == 1 && strcmp(name, SOCKET_DIR_INSIDE) == 0));
		if (watch)
			next = watch_directory(fd);
		if (next == 0)
			next = mount ? jail_open_tmpfs(fd, name) :
			       beneath_open(fd, name, O_PATH | (last ? O_NOFOLLOW : O_DIRECTORY), 0);
		close(fd);
		fd = next;
	}
	if (fd < 0)
		return fd;
	rc = check_socket(fd, settings, status);
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

int
socket_give(int pinned, uid_t uid, gid_t gid, mode_t mode)
{
	struct stat status;
	int rc = pinned_set_mode(pinned, mode);

	if (rc == 0)
		rc = pinned_set_owner(pinned, uid, gid);
	if (rc < 0)
		return rc;
	if (fstat(pinned, &status) < 0)
		return -errno;
	return status.st_uid == uid && status.st_gid == gid && (status.st_mode & 07777) == mode ?
	       0 : -EIO;
}

enum reason
socket_objection(int rc, const char **text)
{
	static const struct {
		int rc;
		enum reason reason;
		const char *text;
	} rows[] = {
		{ -ENOENT, REASON_ABSENT, "is not there" },
		{ -ENXIO, REASON_ABSENT, "is in a directory that is not there; ensure-socket-dir makes "
		  "runtime_dir, prepare-jailer-chroot a VM's" },
		{ -EPERM, REASON_HOST, "lies below a directory that is not as ensure-socket-dir or "
		  "prepare-jailer-chroot would make it" },
		{ -ELOOP, REASON_FOREIGN, "is a symlink, or lies behind one" },
		{ -ENOTDIR, REASON_FOREIGN, "lies behind something that is not a directory" },
		{ -EXDEV, REASON_FOREIGN, "lies behind a mount" },
		{ -ENOTSOCK, REASON_FOREIGN, "is not a socket" },
		{ -EMLINK, REASON_FOREIGN, "has a second name" },
		{ -EACCES, REASON_FOREIGN, "is another user's, or where the owner cannot look" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].rc != rc)
			continue;
		*text = rows[i].text;
		return rows[i].reason;
	}
	return REASON_NONE;
}
