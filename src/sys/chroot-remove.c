/*
 * chroot-remove.c: a VM's chroot is taken apart: whatever made it, and whatever state it is in.
 */
#include "sys/chroot.h"

#include "sys/executable.h"
#include "sys/mount-table.h"
#include "sys/mounts.h"
#include "sys/remove.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Opens the first `length` bytes of a path, in parts that are short enough for the kernel: where the VM's uid is the
 * owner's, the owner can put a mount as deep as it has directories. */
static int
open_below(int directory, const char *path, size_t length, int flags)
{
	int fd = directory;

	do {
		char part[PATH_MAX];
		size_t taken = length;
		int next;

		while (taken > 0 && (taken >= sizeof(part) || (taken < length && path[taken] != '/')))
			taken--;
		memcpy(part, path, taken);
		part[taken] = '\0';
		next = beneath_open(fd, part, O_PATH | O_NOFOLLOW | (taken < length ? O_DIRECTORY : flags), 1);
		if (fd != directory)
			close(fd);
		fd = next;
		path += taken + (taken < length);
		length -= taken + (taken < length);
	} while (fd >= 0 && length > 0);
	return fd;
}

/* Pins the directory that holds the last component of `path`, which *name points at. */
static int
pin_parent(int directory, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	return slash ? open_below(directory, path, (size_t)(slash - path), O_DIRECTORY) :
	       beneath_open(directory, ".", O_PATH | O_DIRECTORY, 1);
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

static bool
goes_with_fuse(const struct mounted *mounted)
{
	return mounted->is_fuse || mounted->lies_in_fuse;
}

/* The owner can have file systems of its own in sockets, and where the VM has its uid also over what is the VM's; and
 * they may never answer.  So they go first, in use or not, the last first, each with what is mounted in it, and no path
 * of ours leads into one. */
static int
detach_fuse(int directory, const struct mount_table *table)
{
	int rc = 0;

	for (unsigned at = table->count; rc == 0 && at-- > 0;) {
		const char *place;

		if (!table->each[at].is_fuse || table->each[at].lies_in_fuse)
			continue;
		rc = mount_table_place(table, at, &place);
		if (rc > 0)
			rc = detach_one(directory, place);
		if (rc == -ENOENT || rc == -EINVAL)
			rc = 0;
	}
	return rc;
}

/* Of a path: another mount, or a symlink, is in its place or above it. */
static bool
lies_hidden(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP || rc == -EINVAL;
}

/* Takes each of them out of its peer group: what is unmounted below one is unmounted in its peers.  One
 * that lies hidden under another has its turn when that is gone; it has nothing below it by then. */
static int
make_all_private(int directory, const struct mount_table *table)
{
	int rc = 0;

	for (unsigned i = 0; i < table->count && rc == 0; i++) {
		const char *place;
		int fd;

		if (goes_with_fuse(&table->each[i]))
			continue;
		rc = mount_table_place(table, i, &place);
		if (rc <= 0)
			continue;
		fd = open_below(directory, place, strlen(place), 0);
		rc = fd < 0 ? fd : mount_make_private(fd);
		if (fd >= 0)
			close(fd);
		if (lies_hidden(rc))
			rc = 0;
	}
	return rc;
}

/* What is needed to put a mount back: where it was, and a detached one of the same, which keeps nothing busy; -1 where
 * there is none, and so nothing to put back: of one that is unbindable, and so none of ours. */
struct taken_off { const char *place; int copy; };

/* As many of these places as there can be drives, each as deep as a tmpfs of ours has inodes.  Memory from the heap is
 * not to be had in this cage; what of this is not used is no memory. */
static struct { char text[12 << 20]; size_t used; } places;

static const char *
keep_place(const char *place)
{
	size_t size = strlen(place) + 1;
	char *kept = places.text + places.used;

	if (size > sizeof(places.text) - places.used)
		return NULL;
	places.used += size;
	return memcpy(kept, place, size);
}

static int
take_off(int directory, const char *place, struct taken_off *one)
{
	const char *name;
	int fd, parent, rc;

	*one = (struct taken_off){ keep_place(place), -1 };
	if (!one->place)
		return -ENAMETOOLONG;
	parent = pin_parent(directory, one->place, &name);
	if (parent < 0)
		return parent;
	fd = beneath_open(parent, name, O_PATH | O_NOFOLLOW, 1);
	rc = fd < 0 ? fd : mount_clone(fd, 0, -1);
	if (fd >= 0)
		close(fd);
	if (rc >= 0)
		one->copy = rc;
	if (rc >= 0 || rc == -EINVAL)
		rc = mount_remove(parent, name, false);
	close(parent);
	if (rc < 0 && one->copy >= 0) {
		close(one->copy);
		one->copy = -1;
	}
	return rc;
}

static void
put_back(int directory, const struct taken_off *one)
{
	const char *name;
	int parent = pin_parent(directory, one->place, &name);

	if (parent < 0)
		return;
	mount_attach(one->copy, parent, name);
	close(parent);
}

/* Everything else that is mounted below the VM's directory, the last first.  Only the kernel knows whether
 * one is in use, and tells when it is to go: then those that went before it are put back. */
static int
remove_mounts(int directory, const struct mount_table *table)
{
	static struct taken_off all[MOUNTS_MAX];
	unsigned at = table->count;
	int rc = make_all_private(directory, table);

	if (rc < 0)
		return rc;
	places.used = 0;                /* cleanup-vm tries again and again */
	while (rc == 0 && at > 0) {
		const char *place;

		all[--at] = (struct taken_off){ NULL, -1 };
		if (goes_with_fuse(&table->each[at]))
			continue;
		rc = mount_table_place(table, at, &place);
		if (rc > 0)
			rc = take_off(directory, place, &all[at]);
	}
	for (; at < table->count; at++) {
		if (all[at].copy < 0)
			continue;
		if (rc < 0)
			put_back(directory, &all[at]);
		close(all[at].copy);
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
	return rc;
}
