/*
 * chroot-remove.c: a VM's chroot is taken apart: whatever made it, and whatever state it is in.
 */
#include "sys/chroot.h"

#include "sys/cgroup.h"
#include "sys/executable.h"
#include "sys/mount-table.h"
#include "sys/mounts.h"
#include "sys/remove.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Pins the directory that holds the last component of `path`, which *name points at. */
static int
pin_parent(int directory, const char *path, const char **name)
{
	char parent[MOUNT_PATH_MAX];
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	if (!slash)
		return beneath_open(directory, ".", O_PATH | O_DIRECTORY, 1);
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	return beneath_open(directory, parent, O_PATH | O_DIRECTORY | O_NOFOLLOW, 1);
}

/* Whether its place lies in a FUSE that was there before it. */
static bool
lies_in_fuse(const struct mount_table *table, unsigned which)
{
	for (unsigned i = 0; i < which; i++) {
		size_t length = strlen(table->below[i]);

		if (table->is_fuse[i] && strncmp(table->below[which], table->below[i], length) == 0 &&
		    table->below[which][length] == '/')
			return true;
	}
	return false;
}

static bool
goes_with_fuse(const struct mount_table *table, unsigned which)
{
	return table->is_fuse[which] || lies_in_fuse(table, which);
}

/* Only if what is there still is one: another may have gone by itself, and what it lay over has its turn later. */
static int
detach_one(int directory, const char *path)
{
	const char *name;
	int rc, fd, parent = pin_parent(directory, path, &name);

	if (parent < 0)
		return parent;
	fd = beneath_open(parent, name, O_PATH | O_NOFOLLOW, 1);
	close(parent);
	if (fd < 0)
		return fd;
	rc = mount_is_no_fuse(fd);
	if (rc == 0)
		rc = mount_detach(fd);
	close(fd);
	return rc < 0 ? rc : 0;
}

/* The owner can have file systems of its own in sockets, and where the VM has its uid also over what is the VM's; and
 * they may never answer.  So they go first, in use or not, the last first, each with what is mounted in it, and no path
 * of ours leads into one. */
static int
detach_fuse(int directory, const struct mount_table *table)
{
	int rc = 0;

	for (unsigned at = table->count; rc == 0 && at-- > 0;) {
		if (!table->is_fuse[at] || lies_in_fuse(table, at))
			continue;
		rc = detach_one(directory, table->below[at]);
		if (rc == -ENOENT || rc == -EINVAL)
			rc = 0;
	}
	return rc;
}

/* Takes each of them out of its peer group: what is unmounted below one is unmounted in its peers.  One
 * that lies hidden under another has its turn when that is gone; it has nothing below it by then. */
static void
make_all_private(int directory, const struct mount_table *table)
{
	for (unsigned i = 0; i < table->count; i++) {
		int fd = goes_with_fuse(table, i) ? -1 :
			 beneath_open(directory, table->below[i], O_PATH | O_NOFOLLOW, 1);

		if (fd >= 0) {
			mount_make_private(fd);
			close(fd);
		}
	}
}

/* Unmounts one, and gives in *copy what is needed to put it back: a detached mount of the same, which
 * keeps nothing busy.  -1 of one that is unbindable, and so none of ours. */
static int
take_off(int directory, const char *path, int *copy)
{
	const char *name;
	int rc, fd, parent = pin_parent(directory, path, &name);

	*copy = -1;
	if (parent < 0)
		return parent;
	fd = beneath_open(parent, name, O_PATH | O_NOFOLLOW, 1);
	rc = fd < 0 ? fd : mount_clone(fd, 0, -1);
	if (fd >= 0)
		close(fd);
	if (rc >= 0)
		*copy = rc;
	if (rc >= 0 || rc == -EINVAL)
		rc = mount_remove(parent, name, false);
	close(parent);
	if (rc < 0 && *copy >= 0) {
		close(*copy);
		*copy = -1;
	}
	return rc;
}

static void
put_back(int directory, const char *path, int copy)
{
	const char *name;
	int parent = pin_parent(directory, path, &name);

	if (parent < 0)
		return;
	mount_attach(copy, parent, name);
	close(parent);
}

/* Everything else that is mounted below the VM's directory, the last first.  Only the kernel knows whether
 * one is in use, and tells when it is to go: then those that went before it are put back. */
static int
remove_mounts(int directory, const struct mount_table *table)
{
	static int copies[MOUNTS_MAX];
	unsigned at = table->count, first;
	int rc = 0;

	make_all_private(directory, table);
	while (rc == 0 && at > 0) {
		at--;
		copies[at] = -1;
		if (!goes_with_fuse(table, at))
			rc = take_off(directory, table->below[at], &copies[at]);
	}
	first = rc < 0 ? at + 1 : at;
	for (unsigned i = first; i < table->count; i++) {
		if (copies[i] < 0)
			continue;
		if (rc < 0)
			put_back(directory, table->below[i], copies[i]);
		close(copies[i]);
	}
	return rc;
}

static int
remove_directory(int jail, const struct vm_id *vm, const char *prefix)
{
	static struct mount_table table;
	int rc, directory = beneath_open(jail, vm->text, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

	if (directory < 0)
		return directory == -ENOENT ? 0 : directory;
	rc = mount_table_read(directory, prefix, &table);
	if (rc == 0)
		rc = detach_fuse(directory, &table);
	if (rc == 0)
		rc = executable_copy_is_used(directory);
	rc = rc > 0 ? -EBUSY : rc < 0 ? rc : remove_mounts(directory, &table);
	/* mount_remove went into it. */
	if (fchdir(jail) < 0 && rc == 0)
		rc = -errno;
	close(directory);
	return rc < 0 ? rc : remove_tree(jail, vm->text);
}

int
chroot_remove(const struct vm_id *vm, const struct settings *settings, struct jail_fault *fault)
{
	char prefix[PATH_MAX + 64];
	int rc = 0, jail = jail_open(settings, fault);

	if (jail < 0 && jail != -ENOENT)
		return jail;
	*fault = (struct jail_fault){ 0 };
	snprintf(prefix, sizeof(prefix), "%s/firecracker/%s", settings->jail_dir.text, vm->text);
	if (jail >= 0) {
		rc = remove_directory(jail, vm, prefix);
		close(jail);
	}
	return rc < 0 ? rc : cgroup_remove(vm);
}
