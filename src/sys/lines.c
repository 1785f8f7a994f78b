/*
 * lines.c: in memory of a fixed size.
 */
#include "sys/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
lines_read(int directory, const char *name, struct lines *lines)
{
	struct stat status;
	int rc = 0, fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	lines->length = lines->at = lines->number = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		rc = -errno;
	else if (!S_ISREG(status.st_mode))
		rc = -EINVAL;
	while (rc == 0) {
		ssize_t got = read(fd, lines->text + lines->length, LINES_BYTES - lines->length);

		if (got < 0)
			rc = -errno;
		if (got <= 0)
			break;
		lines->length += (size_t)got;
		if (lines->length == LINES_BYTES)
			rc = -EFBIG;
	}
	close(fd);
	return rc;
}

char *
lines_next(struct lines *lines)
{
	char *line = lines->text + lines->at, *end;

	if (lines->at >= lines->length)
		return NULL;
	end = memchr(line, '\n', lines->length - lines->at);
	if (!end)
		end = lines->text + lines->length;
	*end = '\0';
	lines->at = (size_t)(end - lines->text) + 1;
	lines->number++;
	return line;
}
