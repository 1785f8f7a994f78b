/*
 * handover.c: root's alone until the end.
 */
#include "sys/handover.h"

#include "sys/pinned.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { MODE_PREPARED = 0700, MODE_HANDED_OVER = 0500, MODE_RUNS = 0710, MODE_TOP = 0700 };

static int
open_tmpfs(int directory, const char *name, struct stat *status)
{
	struct statfs fs;
	int rc, fd = beneath_open(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 1);

	if (fd < 0)
		return fd;
	rc = fstatfs(fd, &fs) < 0 || fstat(fd, status) < 0 ? -errno :
	     fs.f_type != TMPFS_MAGIC ? -ENOENT : 0;
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

static bool
is_among(const struct id_range *range, uid_t id)
{
	return id >= range->first && id <= range->last;
}

static int
open_directory(const struct vm_id *vm, const struct settings *settings, struct stat *status)
{
	char path[PATH_MAX + VM_ID_MAX + 32];

	snprintf(path, sizeof(path), "%s/firecracker/%s", settings->jail_dir.text, vm->text);
	return trusted_open(path, status, NULL);
}

static void
close_all(struct prepared *prepared)
{
	int *const each[] = { &prepared->directory, &prepared->root, &prepared->sockets };

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		if (*each[i] >= 0)
			close(*each[i]);
		*each[i] = -1;
	}
}

/* As far as it is there: *mode is that of the directory, once there is one. */
static int
find(const struct vm_id *vm, const struct settings *settings, struct prepared *prepared, mode_t *mode)
{
	struct stat status;

	*prepared = (struct prepared){ .directory = -1, .root = -1, .sockets = -1 };
	prepared->directory = open_directory(vm, settings, &status);
	if (prepared->directory < 0)
		return prepared->directory;
	*mode = status.st_mode;
	if ((status.st_mode & 07777) != MODE_PREPARED)
		return -EEXIST;
	prepared->sockets = open_tmpfs(prepared->directory, SOCKET_DIR_INSIDE, &status);
	if (prepared->sockets < 0)
		return prepared->sockets;
	prepared->root = open_tmpfs(prepared->directory, "root", &status);
	if (prepared->root < 0)
		return prepared->root;
	prepared->uid = status.st_uid;
	prepared->gid = status.st_gid;
	/* Still root's where the preparing was killed. */
	return is_among(&settings->vm_uid, status.st_uid) && is_among(&settings->vm_gid, status.st_gid) ?
	       0 : -EEXIST;
}

int
handover_find(const struct vm_id *vm, const struct settings *settings, struct prepared *prepared)
{
	mode_t mode;
	int rc = find(vm, settings, prepared, &mode);

	if (rc < 0)
		close_all(prepared);
	return rc;
}

const char *
handover_state(const struct vm_id *vm, const struct settings *settings)
{
	struct prepared prepared;
	mode_t mode = 0;
	int rc = find(vm, settings, &prepared, &mode);

	close_all(&prepared);
	if (mode == 0)
		return rc == -ENOENT ? NULL : "not whole";
	return rc == 0 ? "prepared" : (mode & 07777) == MODE_HANDED_OVER ? "handed over" :
	       (mode & 07777) == MODE_RUNS ? "launched" : "not whole";
}

int
handover_take(const struct prepared *prepared)
{
	/* First, so that whose it is stands in one of the two places at any time. */
	int rc = pinned_set_owner(prepared->directory, 0, (gid_t)prepared->uid);

	if (rc == 0)
		rc = pinned_set_mode(prepared->directory, MODE_HANDED_OVER);
	/* The gid stays: prepare-jailer-chroot reads there which are taken. */
	if (rc == 0)
		rc = pinned_set_owner(prepared->root, 0, (gid_t)-1);
	return rc < 0 ? rc : pinned_set_mode(prepared->root, MODE_TOP);
}

uid_t
handover_taker(const struct stat *directory)
{
	return (directory->st_mode & 07777) == MODE_HANDED_OVER ? (uid_t)directory->st_gid : 0;
}

int
handover_open_way(const struct vm_id *vm, const struct settings *settings)
{
	struct stat status;
	int rc, directory = open_directory(vm, settings, &status);

	if (directory < 0)
		return directory;
	rc = pinned_set_owner(directory, 0, settings->owner.gid);
	if (rc == 0)
		rc = pinned_set_mode(directory, MODE_RUNS);
	close(directory);
	return rc;
}
