/*
 * tree.c: one openat2 from the anchor; nothing is looked at twice.
 */
#include "sys/tree.h"

#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
	if (fd >= 0 && fstat(fd, status) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}
