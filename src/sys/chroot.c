/*
 * chroot.c: mounts and nodes by descriptor, below directories of root's.
 */
#include "sys/chroot.h"

#include "sys/device.h"
#include "sys/directory.h"
#include "sys/mounts.h"
#include "sys/pinned.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	CHROOT_INODES = 1024,
	SOCKETS_BYTES = 1 << 20, SOCKETS_INODES = 256,
	/* Set-gid: sockets get the owner's group.  Sticky: who did not make one cannot remove it.  The two
	 * who write to it come by ways that are closed to all others: the owner by VM_ID/, the VM by its
	 * chroot's top. */
	SOCKETS_MODE = 03777,
};

#define ROOT "root"

static void
tag_of(const char *vm, char *out, size_t size)
{
	snprintf(out, size, "banger:%s", vm);
}

/* A tmpfs of ours on directory/name, which is made. */
static int
place_tmpfs(const struct chroot *chroot, const char *name, uint64_t bytes, unsigned inodes,
	    unsigned attributes)
{
	char tag[VM_ID_MAX + 16];
	int mount, rc = directory_make(chroot->directory, name);

	if (rc < 0)
		return rc;
	tag_of(chroot->vm, tag, sizeof(tag));
	mount = mount_new_tmpfs(tag, bytes, inodes, 0700, attributes);
	rc = mount < 0 ? mount : mount_attach(mount, chroot->directory, name);
	if (rc == 0)
		rc = mount_make_private(mount);
	if (rc < 0 && mount >= 0)
		close(mount);
	return rc < 0 ? rc : mount;
}

int
chroot_is_there(int jail, const struct vm_id *vm)
{
	struct stat status;

	if (fstatat(jail, vm->text, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

int
chroot_begin(int jail, const struct vm_id *vm, uint64_t bytes, struct chroot *chroot)
{
	int rc = directory_make(jail, vm->text);

	*chroot = (struct chroot){ .jail = jail, .vm = vm->text, .directory = -1, .root = -1 };
	if (rc < 0)
		return rc;
	chroot->directory = beneath_open(jail, vm->text, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	rc = chroot->directory < 0 ? chroot->directory :
	     place_tmpfs(chroot, ROOT, bytes, CHROOT_INODES, MOUNT_ATTR_NOSUID);
	chroot->root = rc;
	if (rc < 0) {
		chroot_undo(chroot);
		return rc;
	}
	return 0;
}

/* The directories before the last component, 0755. */
static int
make_parents(int root, const char *name)
{
	char path[PATH_MAX];

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		memcpy(path, name, (size_t)(slash - name));
		path[slash - name] = '\0';
		if (mkdirat(root, path, 0700) < 0 && errno != EEXIST)
			return -errno;
		if (fchmodat(root, path, 0755, 0) < 0)
			return -errno;
	}
	return 0;
}

static int
make_file(int root, const char *name)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int
chroot_add_mount(const struct chroot *chroot, const char *name, int from, uint64_t attributes,
		 int userns, bool is_directory)
{
	int tree, rc = make_parents(chroot->root, name);

	if (rc == 0)
		rc = is_directory ? directory_make(chroot->root, name) : make_file(chroot->root, name);
	if (rc < 0)
		return rc;
	tree = mount_clone(from, attributes | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, userns);
	if (tree < 0)
		return tree;
	rc = mount_attach(tree, chroot->root, name);
	close(tree);
	return rc;
}

int
chroot_add_node(const struct chroot *chroot, const char *name, mode_t mode, dev_t device, uid_t uid,
		gid_t gid)
{
	int node, rc = make_parents(chroot->root, name);

	if (rc == 0 && mknodat(chroot->root, name, mode, device) < 0)
		rc = -errno;
	if (rc < 0)
		return rc;
	node = openat(chroot->root, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (node < 0)
		return -errno;
	rc = pinned_set_mode(node, mode & 07777);       /* which umask has cut; as long as it is ours */
	if (rc == 0)
		rc = pinned_set_owner(node, uid, gid);
	close(node);
	return rc;
}

int
chroot_add_link(const struct chroot *chroot, const char *name, const char *to)
{
	int rc = make_parents(chroot->root, name);

	return rc == 0 && symlinkat(to, chroot->root, name) < 0 ? -errno : rc;
}

int
chroot_find_vsock(dev_t *device)
{
	int rc = device_look(&device_vhost_vsock);

	/* Its number is the driver's own, whatever stands in /dev. */
	if (rc == 0)
		*device = makedev(DEVICE_MAJOR, device_vhost_vsock.minor_nr);
	return rc;
}

int
chroot_add_vsock(const struct chroot *chroot, uid_t uid, gid_t gid)
{
	dev_t device = 0;
	int rc = chroot_find_vsock(&device);

	return rc < 0 ? rc : chroot_add_node(chroot, "dev/vhost-vsock", S_IFCHR | 0600, device, uid, gid);
}

int
chroot_add_sockets(const struct chroot *chroot, gid_t owner_gid)
{
	int mount = place_tmpfs(chroot, SOCKET_DIR_INSIDE, SOCKETS_BYTES, SOCKETS_INODES,
				MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	int rc = mount;

	if (rc >= 0)
		rc = chroot_add_mount(chroot, SOCKET_DIR_INSIDE, mount, MOUNT_ATTR_NOEXEC, -1, true);
	/* chown clears the set-gid bit of nothing that is a directory (chown(2)). */
	if (rc == 0)
		rc = pinned_set_mode(mount, SOCKETS_MODE);
	if (rc == 0)
		rc = pinned_set_owner(mount, 0, owner_gid);
	if (mount >= 0)
		close(mount);
	return rc;
}

int
chroot_hand_over(const struct chroot *chroot, uid_t uid, gid_t gid)
{
	return pinned_set_owner(chroot->root, uid, gid);
}

void
chroot_undo(struct chroot *chroot)
{
	static const char *const names[] = { SOCKET_DIR_INSIDE, ROOT };

	if (chroot->root >= 0)
		close(chroot->root);
	for (size_t i = 0; i < 2 && chroot->directory >= 0; i++) {
		mount_remove(chroot->directory, names[i], true);
		directory_remove(chroot->directory, names[i]);
	}
	if (chroot->directory >= 0)
		close(chroot->directory);
	directory_remove(chroot->jail, chroot->vm);
}
