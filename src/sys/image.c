/*
 * image.c: opens, checks whose it is, locks.
 */
#include "sys/image.h"

#include "keep.h"
#include "sys/dm-device.h"
#include "sys/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

/* As long as udev takes to look at a new device, and a good deal longer. */
enum { PATIENCE_MS = 3000, PAUSE_MS = 20 };

static int
lock_image(int fd, enum ext4_purpose purpose)
{
	if (flock(fd, (purpose == EXT4_READ ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

static enum code
keep_image(int fd)
{
	if (dup3(fd, FD_IMAGE, O_CLOEXEC) < 0)
		return failed(-errno, "cannot keep the image");
	close(fd);
	return CODE_DONE;
}

enum code
image_open_file(const struct settings *settings, const struct path *path, enum ext4_purpose purpose)
{
	struct stat status;
	int fd = tree_open(settings, path, purpose == EXT4_READ ? O_RDONLY : O_RDWR, &status), rc;

	if (fd == -EPERM)
		return refused(REASON_HOST, "state_dir must be root's, writable by nobody else and no symlink");
	if (fd == -EAGAIN)
		return refused(REASON_IN_USE, "the image is leased (fcntl F_SETLEASE)");
	if (fd < 0)
		return refused(REASON_ABSENT, "the image must be a file that the owner may open, on a path "
			       "without symlinks and mounts");
	if (!S_ISREG(status.st_mode) || status.st_nlink != 1 ||
	    (status.st_uid != settings->owner.uid && (purpose != EXT4_READ || status.st_uid != 0)))
		return refused(REASON_FOREIGN, "the image must be a regular file of the owner's, with one "
			       "name%s", purpose == EXT4_READ ? ", or one of root's" : "");
	for (int waited = 0; (rc = lock_image(fd, purpose)) == -EBUSY && waited < PATIENCE_MS;
	     waited += PAUSE_MS)
		poll(NULL, 0, PAUSE_MS);
	return rc < 0 ? failed(rc, "cannot lock the image") : keep_image(fd);
}

/* -EBUSY also when somebody else has the device open: a VM has no claim on it that O_EXCL would see. */
static int
open_device(const struct dm_name *name, enum ext4_purpose purpose)
{
	static const int flags[] = {
		[EXT4_READ] = O_RDONLY, [EXT4_WRITE] = O_RDWR | O_EXCL,
		[EXT4_REPAIR] = O_RDONLY,       /* the claim is e2fsck's */
	};
	unsigned users;
	int fd = dm_open(name, flags[purpose], &users);
	int rc = fd < 0 ? fd : lock_image(fd, purpose);

	if (rc == 0 && purpose != EXT4_READ && users > 1)
		rc = -EBUSY;
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

enum code
image_open_device(const struct dm_name *name, enum ext4_purpose purpose)
{
	int fd;

	for (int waited = 0; (fd = open_device(name, purpose)) == -EBUSY && waited < PATIENCE_MS;
	     waited += PAUSE_MS)
		poll(NULL, 0, PAUSE_MS);
	if (fd == -ENOENT)
		return refused(REASON_ABSENT, "there is no such snapshot");
	if (fd == -EPERM)
		return refused(REASON_FOREIGN, "a mapping of that name is there and is not ours");
	if (fd == -EBUSY)
		return refused(REASON_IN_USE, "somebody has the snapshot open, a VM perhaps");
	return fd < 0 ? failed(fd, "cannot open the snapshot") : keep_image(fd);
}

enum code
image_unfit(int rc, const char *why)
{
	if (rc == -EMEDIUMTYPE)
		return refused(REASON_UNFIT, "the image must be an ext4 file system and nothing else besides");
	if (rc == -EOPNOTSUPP && why)
		return refused(REASON_UNFIT, "the image %s", why);
	return failed(rc, "cannot open the file system");
}
