/*
 * remove.c: flattens, then removes; what does not let itself be flattened, where it is.
 */
#include "sys/remove.h"

#include "sys/directory.h"
#include "sys/pinned.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Takes it over; gives a descriptor to read it by. */
static int
take_over(int directory, const char *name)
{
	struct stat status;
	int readable, rc, fd = beneath_open(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd < 0)
		return fd;
	rc = fstat(fd, &status) < 0 ? -errno : 0;
	if (rc == 0 && (status.st_uid != 0 || (status.st_mode & 07777) != 0700)) {
		rc = pinned_set_owner(fd, 0, 0);
		if (rc == 0)
			rc = pinned_set_mode(fd, 0700);
	}
	readable = rc < 0 ? rc : beneath_open(fd, ".", O_RDONLY | O_DIRECTORY, 0);
	close(fd);
	return readable;
}

/* Brings a directory from `from` up into top, under a name that nothing has there. */
static int
bring_up(int from, const char *name, int top)
{
	static unsigned long number;
	int rc, fd = take_over(from, name);

	if (fd < 0)
		return fd;
	close(fd);
	do {
		char fresh[32];

		snprintf(fresh, sizeof(fresh), "%lu", number++);
		rc = renameat2(from, name, top, fresh, RENAME_NOREPLACE) < 0 ? -errno : 0;
	} while (rc == -EEXIST);
	return rc;
}

/* Removes what can go at once: files, and directories that are empty.  Gives the first that is not, taken over;
 * -ENOENT when there is none, or -errno. */
static int
find_inner(int fd)
{
	struct directory_reader reader = { .fd = fd };
	const char *name;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	while ((name = directory_next(&reader)) && *name) {
		if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return -errno;
		if (unlinkat(fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			continue;
		/* Anything else it would say again once that is empty. */
		return errno == ENOTEMPTY ? take_over(fd, name) : -errno;
	}
	return name ? -ENOENT : -errno;
}

static int
open_above(int fd)
{
	int above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return above < 0 ? -errno : above;
}

/* One that cannot be brought up.  A file system may refuse that, and the owner can see to it: by a subvolume of
 * btrfs, a quota's project of its own, an encrypted directory without its key.  One descriptor goes down and, by
 * "..", up again: all on the way is taken over by then, so that nobody but root can move it. */
static int
remove_in_place(int from, const char *name)
{
	unsigned long depth = 1;
	int fd = take_over(from, name);

	while (fd >= 0 && depth > 0) {
		int next = find_inner(fd);

		depth += next == -ENOENT ? -1UL : 1;
		if (next == -ENOENT)
			next = open_above(fd);
		close(fd);
		fd = next;
	}
	if (fd < 0)
		return fd;
	close(fd);
	return unlinkat(from, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* Empties one directory: files go, directories go up into top. */
static int
empty(int fd, int top)
{
	struct directory_reader reader = { .fd = fd };
	const char *name;
	int rc = 0;

	while (rc == 0 && (name = directory_next(&reader)) && *name) {
		if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return -errno;
		rc = bring_up(fd, name, top);
		if (rc < 0 && rc != -ENOENT)
			rc = remove_in_place(fd, name);
		if (rc == -ENOENT)
			rc = 0;
	}
	return rc < 0 ? rc : name ? 0 : -errno;
}

/* One pass over top: each directory in it is emptied and removed, each file removed.  1 when there was
 * anything. */
static int
pass(int top)
{
	struct directory_reader reader = { .fd = top };
	const char *name;
	int rc = 0, any = 0;

	if (lseek(top, 0, SEEK_SET) < 0)
		return -errno;
	while (rc == 0 && (name = directory_next(&reader)) && *name) {
		int fd;

		any = 1;
		if (unlinkat(top, name, 0) == 0 || errno == ENOENT)
			continue;
		fd = errno == EISDIR || errno == EPERM ? take_over(top, name) : -errno;
		rc = fd < 0 ? fd : empty(fd, top);
		if (fd >= 0)
			close(fd);
		if (rc == 0 && unlinkat(top, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			rc = errno == ENOTEMPTY ? 0 : -errno;
	}
	return rc < 0 ? rc : name ? any : -errno;
}

int
remove_tree(int directory, const char *name)
{
	int rc, top = take_over(directory, name);

	if (top == -ENOENT)
		return 0;
	if (top < 0)
		return top;
	do
		rc = pass(top);
	while (rc > 0);
	close(top);
	if (rc == 0 && unlinkat(directory, name, AT_REMOVEDIR) < 0)
		rc = -errno;
	return rc;
}
