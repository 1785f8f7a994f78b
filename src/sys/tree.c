/*
 * tree.c: one openat2 from the anchor; nothing is looked at twice.
 */
#include "sys/tree.h"

#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

int
tree_open(const struct settings *settings, const struct path *path, int flags, struct stat *status)
{
	const char *below = path->text + strlen(settings->state_dir.text) + 1;
	int anchor = trusted_open(settings->state_dir.text, status, NULL);
	int fd, rc;

	if (anchor < 0)
		return anchor;
	fd = beneath_open(anchor, below, flags & O_PATH ? flags : flags | O_NONBLOCK | O_NOFOLLOW, 0);
	close(anchor);
	/* So says the kernel of a file that is immutable, and nothing of state_dir. */
	if (fd == -EPERM)
		fd = -EACCES;
	if (fd >= 0 && fstat(fd, status) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/* Neither call says whether it worked: the invalid -1 changes nothing and tells what is so. */
static int
set_rights_of(uid_t uid, gid_t gid)
{
	setfsgid(gid);
	setfsuid(uid);
	return (gid_t)setfsgid((gid_t)-1) == gid && (uid_t)setfsuid((uid_t)-1) == uid ? 0 : -EPERM;
}

int
tree_open_as_owner(const struct settings *settings, const struct path *path, int flags,
		   struct stat *status)
{
	int rc = set_rights_of(settings->owner.uid, settings->owner.gid);
	int fd = rc < 0 ? rc : tree_open(settings, path, flags, status);

	rc = set_rights_of(0, 0);
	if (rc < 0 && fd >= 0) {
		close(fd);
		return rc;
	}
	return fd;
}

bool
tree_is_trouble(int rc)
{
	return rc == -EIO || rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE || rc == -EINTR || rc == -ENOSYS;
}
