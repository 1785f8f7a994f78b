/*
 * directory.c: by descriptor, from a parent that the caller of the program has no say in.
 */
#include "sys/directory.h"

#include "sys/pinned.h"
#include "sys/trusted.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MADE_MODE = 0700 };

int
directory_make(int parent, const char *name)
{
	return mkdirat(parent, name, MADE_MODE) < 0 ? -errno : 0;
}

int
directory_pin(int parent, const char *name, bool cross_mounts, struct stat *status)
{
	int fd = beneath_open(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, cross_mounts);
	int rc;

	if (fd >= 0 && fstat(fd, status) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

int
directory_give(int directory, uid_t uid, gid_t gid, mode_t mode)
{
	struct stat status;
	int rc = pinned_set_mode(directory, mode);

	if (rc == 0)
		rc = pinned_set_owner(directory, uid, gid);
	if (rc < 0)
		return rc;
	if (fstat(directory, &status) < 0)
		return -errno;
	return status.st_uid == uid && status.st_gid == gid && (status.st_mode & 07777) == mode ?
	       0 : -EIO;
}

int
directory_is_left_over(int directory, const struct stat *status, mode_t mode)
{
	struct directory_reader reader;
	mode_t its = status->st_mode & 07777 & ~(mode_t)S_ISGID;        /* the one above may have handed that on */
	const char *name;
	int rc;

	if (status->st_uid != 0 || (its != MADE_MODE && its != mode))
		return 0;
	reader = (struct directory_reader){ .fd = beneath_open(directory, ".", O_RDONLY | O_DIRECTORY, false) };
	if (reader.fd < 0)
		return reader.fd;
	name = directory_next(&reader);
	rc = name ? !*name : -errno;
	close(reader.fd);
	return rc;
}

int
directory_remove(int parent, const char *name)
{
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

const char *
directory_next(struct directory_reader *reader)
{
	for (;;) {
		struct dirent64 *entry;

		if (reader->at == reader->got) {
			reader->at = 0;
			reader->got = getdents64(reader->fd, reader->buffer, sizeof(reader->buffer));
			if (reader->got <= 0)
				return reader->got == 0 ? "" : NULL;
		}
		entry = (struct dirent64 *)(void *)(reader->buffer + reader->at);
		reader->at += entry->d_reclen;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return entry->d_name;
	}
}
