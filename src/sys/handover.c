/*
 * handover.c: marked first, then closed, then looked at: after that nobody but root can change it.
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
#include <sys/xattr.h>
#include <unistd.h>

#define MARK "trusted.banger.launched"

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

int
handover_find(const struct vm_id *vm, const struct settings *settings, struct prepared *prepared)
{
	char path[PATH_MAX + VM_ID_MAX + 32];
	struct stat status;
	int directory;

	snprintf(path, sizeof(path), "%s/firecracker/%s", settings->jail_dir.text, vm->text);
	directory = trusted_open(path, &status, NULL);
	if (directory < 0)
		return directory;
	prepared->sockets = open_tmpfs(directory, SOCKET_DIR_INSIDE, &status);
	prepared->root = prepared->sockets < 0 ? prepared->sockets :
			 open_tmpfs(directory, "root", &status);
	close(directory);
	if (prepared->root < 0)
		return prepared->root;
	prepared->uid = status.st_uid;
	prepared->gid = status.st_gid;
	return is_among(&settings->vm_uid, status.st_uid) && is_among(&settings->vm_gid, status.st_gid) ?
	       0 : -EPERM;
}

/* fgetxattr and fsetxattr take no O_PATH descriptor, and any other could not be had: the top is the
 * VM's. */
static const char *
name_of(const struct prepared *prepared)
{
	static char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", prepared->root);
	return link;
}

bool
handover_is_marked(const struct prepared *prepared)
{
	return getxattr(name_of(prepared), MARK, NULL, 0) >= 0 || errno != ENODATA;
}

int
handover_mark(const struct prepared *prepared)
{
	return setxattr(name_of(prepared), MARK, "", 0, XATTR_CREATE) < 0 ? -errno : 0;
}

/* Whatever the jailer makes must not be there: it would follow it, write to it, or give up. */
static int
check_names(int root)
{
	static const char *const makes[] = {
		"firecracker", "firecracker.pid", "old_root", "run", "dev/net", "dev/kvm", "dev/urandom",
		"dev/userfaultfd",
	};
	struct stat status;

	if (fstatat(root, "dev", &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (!S_ISDIR(status.st_mode) || status.st_uid != 0))
		return -ENOTEMPTY;
	for (size_t i = 0; i < sizeof(makes) / sizeof(makes[0]); i++)
		if (fstatat(root, makes[i], &status, AT_SYMLINK_NOFOLLOW) == 0)
			return -ENOTEMPTY;
	return 0;
}

int
handover_take(const struct prepared *prepared)
{
	/* The owner first: who has been may not change the mode back.  It also spares the jailer
	 * CAP_FOWNER, for it sets the mode before it gives the top to the VM. */
	int rc = pinned_set_owner(prepared->root, 0, 0);

	if (rc == 0)
		rc = pinned_set_mode(prepared->root, 0700);
	return rc < 0 ? rc : check_names(prepared->root);
}

int
handover_open_way(const struct vm_id *vm, const struct settings *settings)
{
	char path[PATH_MAX + VM_ID_MAX + 32];
	struct stat status;
	int rc, directory;

	snprintf(path, sizeof(path), "%s/firecracker/%s", settings->jail_dir.text, vm->text);
	directory = trusted_open(path, &status, NULL);
	if (directory < 0)
		return directory;
	rc = pinned_set_mode(directory, 0711);
	close(directory);
	return rc;
}
