/*
 * mounts.c: no path but one component below a descriptor.
 */
#include "sys/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int
configure_tmpfs(int fs, const char *source, uint64_t bytes, unsigned inodes, unsigned mode)
{
	char size[24], count[16], octal[16];

	snprintf(size, sizeof(size), "%llu", (unsigned long long)bytes);
	snprintf(count, sizeof(count), "%u", inodes);
	snprintf(octal, sizeof(octal), "%o", mode);
	if (fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "size", size, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", count, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "mode", octal, 0) < 0)
		return -errno;
	/* Since Linux 6.14 what is written in large pieces, as the jailer's copy of firecracker, then lies in large
	 * pieces of memory, and takes half as long.  None goes beyond the end of a file, and where size leaves no room
	 * for one, it is small pages as ever (tmpfs(5)).  A kernel without large pages says EINVAL. */
	if (fsconfig(fs, FSCONFIG_SET_STRING, "huge", "within_size", 0) < 0 && errno != EINVAL)
		return -errno;
	return fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
}

int
mount_new_tmpfs(const char *source, uint64_t bytes, unsigned inodes, unsigned mode,
		unsigned attributes)
{
	int mount, fs = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -errno;
	mount = configure_tmpfs(fs, source, bytes, inodes, mode);
	if (mount == 0) {
		mount = fsmount(fs, FSMOUNT_CLOEXEC, attributes);
		if (mount < 0)
			mount = -errno;
	}
	close(fs);
	return mount;
}

int
mount_clone(int fd, uint64_t attributes, int userns)
{
	struct mount_attr wanted = {
		.attr_set = userns < 0 ? attributes : attributes | MOUNT_ATTR_IDMAP,
		.propagation = MS_PRIVATE,
		.userns_fd = userns < 0 ? 0 : (unsigned)userns,
	};
	int rc, tree = open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (tree < 0)
		return -errno;
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &wanted, sizeof(wanted)) < 0) {
		rc = -errno;
		close(tree);
		return rc;
	}
	return tree;
}

int
mount_attach(int mount, int directory, const char *name)
{
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (*name ? 0 : MOVE_MOUNT_T_EMPTY_PATH);

	return move_mount(mount, "", directory, name, flags) < 0 ? -errno : 0;
}

int
mount_is_root(int fd)
{
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH, 0, &status) < 0)
		return -errno;
	/* libc makes up for a missing statx, and knows nothing of mounts then. */
	if (!(status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return -ENOSYS;
	return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int
mount_is_no_fuse(int fd)
{
	enum { PLAIN_HANDLE = 1 };
	union {
		struct file_handle head;
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = { .head.handle_bytes = MAX_HANDLE_SZ };
	int mount;

	if (name_to_handle_at(fd, "", &handle.head, &mount, AT_EMPTY_PATH) == 0)
		return handle.head.handle_type == PLAIN_HANDLE;
	return errno == EOPNOTSUPP ? 0 : -errno;
}

int
mount_detach(int fd)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return umount2(link, MNT_DETACH) < 0 ? -errno : 0;
}

int
mount_make_private(int fd)
{
	struct mount_attr wanted = { .propagation = MS_PRIVATE };

	return mount_setattr(fd, "", AT_EMPTY_PATH, &wanted, sizeof(wanted)) < 0 ? -errno : 0;
}

int
mount_remove(int directory, const char *name, bool whole)
{
	if (fchdir(directory) < 0)
		return -errno;
	return umount2(name, UMOUNT_NOFOLLOW | (whole ? MNT_DETACH : 0)) < 0 ? -errno : 0;
}
