/*
 * image.c: opens, checks whose it is, locks.
 */
#include "sys/image.h"

#include "keep.h"
#include "sys/dm.h"
#include "sys/patience.h"
#include "sys/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* As long as udev takes to look at a new device, and a good deal longer. */
enum { PATIENCE_MS = 3000 };

static int
lock_image(int fd, enum ext4_purpose purpose)
{
	if (flock(fd, (purpose == EXT4_READ ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

static int
keep_image(int fd)
{
	int rc = dup3(fd, FD_IMAGE, O_CLOEXEC) < 0 ? -errno : 0;

	close(fd);
	return rc;
}

static const char *
find_fault(const struct stat *status, const struct settings *settings, enum ext4_purpose purpose)
{
	bool is_owners = status->st_uid == settings->owner.uid;

	if (S_ISREG(status->st_mode) && status->st_nlink == 1 &&
	    (is_owners || (purpose == EXT4_READ && status->st_uid == 0)))
		return NULL;
	return purpose == EXT4_READ ?
	       "must be a regular file of the owner's, with one name, or one of root's" :
	       "must be a regular file of the owner's, with one name";
}

static int
not_opened(int rc, const char **why)
{
	*why = tree_is_trouble(rc) ? NULL :
	       rc == -EPERM ? "must lie below a state_dir that is root's, writable by nobody else and no symlink" :
	       rc == -EAGAIN ? "is leased (fcntl F_SETLEASE)" :
	       "must be a file that the owner may open, on a path without symlinks and mounts";
	return !*why ? rc : rc == -EPERM ? -EACCES : rc == -EAGAIN ? -EBUSY : -ENOENT;
}

int
image_open_file(const struct settings *settings, const struct path *path, enum ext4_purpose purpose,
		const char **why)
{
	struct patience patience = patience_of(PATIENCE_MS, "the image to be let go");
	struct stat status;
	int fd = tree_open(settings, path, purpose == EXT4_READ ? O_RDONLY : O_RDWR, &status), rc;

	if (fd < 0)
		return not_opened(fd, why);
	*why = find_fault(&status, settings, purpose);
	if (*why) {
		close(fd);
		return -EPERM;
	}
	do {
		rc = lock_image(fd, purpose);
	} while (rc == -EBUSY && patience_left(&patience));
	*why = rc == -EBUSY ? "is being read or written by somebody" : NULL;
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : keep_image(fd);
}

/* -EBUSY also when somebody else has the device open: a VM has no claim on it that O_EXCL would see. */
static int
open_device(const struct dm_name *name, enum ext4_purpose purpose)
{
	static const int flags[] = {
		[EXT4_READ] = O_RDONLY, [EXT4_WRITE] = O_RDWR | O_EXCL,
		[EXT4_REPAIR] = O_RDONLY,       /* the claim is e2fsck's */
	};
	struct dm dm;
	int fd = dm_open(name, flags[purpose], &dm);
	int rc = fd < 0 ? fd : lock_image(fd, purpose);

	if (rc == 0 && purpose != EXT4_READ && dm.open_count > 1)
		rc = -EBUSY;
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

int
image_open_device(const struct dm_name *name, enum ext4_purpose purpose, const char **why)
{
	struct patience patience = patience_of(PATIENCE_MS, "the snapshot to be closed");
	int fd, rc = dm_control_open();

	if (rc == 0) {
		do {
			fd = open_device(name, purpose);
		} while (fd == -EBUSY && patience_left(&patience));
		/* No later stage has any business with it. */
		close(FD_DM);
		rc = fd < 0 ? fd : keep_image(fd);
	}
	if (rc == -ENXIO)
		rc = -ENOENT;
	*why = rc == -ENOENT ? "is not there" :
	       rc == -EPERM ? "must be one of ours; another mapping has that name" :
	       rc == -EBUSY ? "is open elsewhere, in a VM perhaps" :
	       rc == -ENODEV ? "needs device-mapper, which this kernel has not, or not yet: modprobe dm_mod" : NULL;
	return rc;
}

int
image_open(const struct settings *settings, const struct image *image, enum ext4_purpose purpose, const char **why)
{
	return image->is_device ? image_open_device(&image->device, purpose, why) :
	       image_open_file(settings, &image->file, purpose, why);
}

enum reason
image_reason(int rc)
{
	switch (rc) {
	case -EACCES:
		return REASON_HOST;
	case -ENOENT:
		return REASON_ABSENT;
	case -EPERM:
		return REASON_FOREIGN;
	case -EBUSY:
		return REASON_IN_USE;
	case -ENODEV:
		return REASON_FAILED;
	default:
		return REASON_UNFIT;
	}
}
