/*
 * guest-files.c: by descriptor from the first open on; no path is used twice.
 */
#include "sys/guest-files.h"

#include "keep.h"
#include "sys/dm.h"
#include "sys/mounts.h"
#include "sys/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Their descriptors, from FD_FILES on. */
enum { KERNEL, INITRD, SCRATCH, WRITABLE, READ_ONLY = WRITABLE + DRIVES_MAX };

bool
guest_files_have_device(const struct guest_files *files)
{
	for (unsigned i = 0; i < files->writable.count; i++)
		if (files->writable.each[i].image.is_device)
			return true;
	for (unsigned i = 0; i < files->read_only.count; i++)
		if (files->read_only.each[i].image.is_device)
			return true;
	return false;
}

/* ---- as the owner ---- */

static bool
has_name(const struct drives *drives, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(drives->each[i].name, name) == 0)
			return true;
	return false;
}

static bool
have_two_of_a_name(const struct guest_files *files)
{
	for (unsigned i = 0; i < files->writable.count; i++)
		if (has_name(&files->writable, i, files->writable.each[i].name))
			return true;
	for (unsigned i = 0; i < files->read_only.count; i++)
		if (has_name(&files->read_only, i, files->read_only.each[i].name) ||
		    has_name(&files->writable, files->writable.count, files->read_only.each[i].name))
			return true;
	return false;
}

static int
not_opened(int rc, const char **why)
{
	if (tree_is_trouble(rc))
		return rc;
	*why = rc == -EAGAIN ? "is leased by somebody" :
	       rc == -EPERM ? "must lie below a state_dir that, with all above it, is root's, and writable by nobody else" :
	       "is not there, not the owner's to open, or lies behind a symlink or a mount";
	return rc == -EAGAIN ? -EBUSY : rc == -EPERM ? -EACCES : -ENOENT;
}

static const char *
fault_of(const struct stat *status, const struct settings *settings, bool is_directory, bool writable)
{
	if (is_directory && !S_ISDIR(status->st_mode))
		return "must be a directory";
	if (!is_directory && !S_ISREG(status->st_mode))
		return "must be a regular file";
	/* A second name may be in another VM's chroot. */
	if (writable && (status->st_uid != settings->owner.uid || (!is_directory && status->st_nlink != 1)))
		return "must be the owner's, with no other hard link";
	return NULL;
}

static int
keep_open(int fd, int number)
{
	int rc = 0;

	if (fd != number) {
		rc = dup3(fd, number, O_CLOEXEC) < 0 ? -errno : 0;
		close(fd);
	}
	return rc;
}

static int
open_one(const struct settings *settings, const struct path *path, int index, bool writable, const char **why)
{
	bool is_directory = index == SCRATCH;
	struct stat status;
	int fd = tree_open(settings, path, is_directory ? O_PATH | O_DIRECTORY : writable ? O_RDWR : O_RDONLY, &status);

	if (fd < 0)
		return not_opened(fd, why);
	*why = fault_of(&status, settings, is_directory, writable);
	if (*why) {
		close(fd);
		return -EPERM;
	}
	return keep_open(fd, FD_FILES + index);
}

static int
open_drives(const struct settings *settings, const struct drives *drives, int first, bool writable, const char **which,
	    const char **why)
{
	static char name[sizeof("the drive ") + DRIVE_NAME_MAX];
	int rc = 0;

	*which = name;
	for (unsigned i = 0; i < drives->count && rc == 0; i++) {
		snprintf(name, sizeof(name), "the drive %s", drives->each[i].name);
		if (!drives->each[i].image.is_device)
			rc = open_one(settings, &drives->each[i].image.file, first + (int)i, writable, why);
	}
	return rc;
}

int
guest_files_open(const struct guest_files *files, const struct vm_id *vm, const struct settings *settings,
		 const char **which, const char **why)
{
	struct path scratch = { 0 };
	int rc;

	*why = NULL;
	*which = "a drive";
	if (have_two_of_a_name(files)) {
		*why = "has the name of another";
		return -EEXIST;
	}
	*which = "KERNEL";
	rc = open_one(settings, &files->kernel, KERNEL, false, why);
	if (rc == 0 && files->initrd.text[0]) {
		*which = "the initrd";
		rc = open_one(settings, &files->initrd, INITRD, false, why);
	}
	if (rc == 0 && files->scratch) {
		*which = "the VM's directory below state_dir";
		stpcpy(stpcpy(stpcpy(scratch.text, settings->state_dir.text), "/"), vm->text);
		rc = open_one(settings, &scratch, SCRATCH, true, why);
	}
	if (rc < 0)
		return rc;
	rc = open_drives(settings, &files->writable, WRITABLE, true, which, why);
	return rc == 0 ? open_drives(settings, &files->read_only, READ_ONLY, false, which, why) : rc;
}

enum reason
guest_files_reason(int rc)
{
	switch (rc) {
	case -EACCES:
		return REASON_HOST;
	case -ENOENT:
		return REASON_ABSENT;
	case -EBUSY:
		return REASON_IN_USE;
	case -EEXIST:
		return REASON_MALFORMED;
	default:
		return REASON_FOREIGN;
	}
}

/* ---- as root ---- */

static int
find_device(const struct drive *drive, struct dm *dm)
{
	int rc = dm_find(&drive->image.device, dm);

	return rc == 0 && !dm_is_ours(dm, &drive->image.device) ? -ENXIO : rc;
}

static int
check_devices(const struct drives *drives)
{
	struct dm dm;
	int rc = 0;

	for (unsigned i = 0; i < drives->count && rc == 0; i++)
		if (drives->each[i].image.is_device)
			rc = find_device(&drives->each[i], &dm);
	return rc;
}

int
guest_files_check(const struct guest_files *files, const struct vm_side *vm)
{
	int tree, rc = check_devices(&files->writable);

	if (rc == 0)
		rc = check_devices(&files->read_only);
	if (rc < 0 || vm->userns < 0)
		return rc;
	/* No path below state_dir crosses a mount: they all lie on one file system. */
	tree = mount_clone(FD_FILES + KERNEL, 0, vm->userns);
	if (tree >= 0)
		close(tree);
	return tree < 0 ? tree : 0;
}

/* A block node with the number that the kernel gives for a mapping of ours, never a path's.  A read-only one
 * is root's, so that the VM cannot give itself the right to write. */
static int
add_device(const struct chroot *chroot, const struct drive *drive, const struct vm_side *vm, bool writable)
{
	struct dm dm;
	int rc = find_device(drive, &dm);

	return rc < 0 ? rc : chroot_add_node(chroot, drive->name, S_IFBLK | (writable ? 0600 : 0440), dm.device,
					     writable ? vm->uid : 0, vm->gid);
}

static int
add_file(const struct chroot *chroot, const char *name, int index, uint64_t attributes, const struct vm_side *vm)
{
	return chroot_add_mount(chroot, name, FD_FILES + index, attributes, vm->userns, index == SCRATCH);
}

static int
add_drives(const struct chroot *chroot, const struct drives *drives, int first, bool writable,
	   const struct vm_side *vm)
{
	uint64_t attributes = MOUNT_ATTR_NOEXEC | (writable ? 0 : MOUNT_ATTR_RDONLY);
	int rc = 0;

	for (unsigned i = 0; i < drives->count && rc == 0; i++)
		rc = drives->each[i].image.is_device ? add_device(chroot, &drives->each[i], vm, writable) :
		     add_file(chroot, drives->each[i].name, first + (int)i, attributes, vm);
	return rc;
}

int
guest_files_add(const struct guest_files *files, const struct chroot *chroot, const struct vm_side *vm)
{
	int rc = add_file(chroot, "vmlinux", KERNEL, MOUNT_ATTR_RDONLY, vm);

	if (rc == 0 && files->initrd.text[0])
		rc = add_file(chroot, "initrd", INITRD, MOUNT_ATTR_RDONLY, vm);
	if (rc == 0 && files->scratch)
		rc = add_file(chroot, "scratch", SCRATCH, MOUNT_ATTR_NOEXEC, vm);
	if (rc == 0)
		rc = add_drives(chroot, &files->writable, WRITABLE, true, vm);
	return rc == 0 ? add_drives(chroot, &files->read_only, READ_ONLY, false, vm) : rc;
}
