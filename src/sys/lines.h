/*
 * lines.h: small text files of root's and of the kernel's, a line at a time.
 */
#pragma once

#include <stddef.h>

enum { LINES_BYTES = 64 * 1024 };

struct lines {
	char text[LINES_BYTES + 1];
	size_t length, at;
	unsigned number;                /* of the line that lines_next gave last */
};

/* Reads a whole regular file of `directory` (an absolute name: AT_FDCWD), through no symlink at its end.
 * For directories in which nobody but root makes names.  0, -EFBIG, -EINVAL (no file), or -errno. */
int lines_read(int directory, const char *name, struct lines *lines);

/* The next line, without its newline; NULL at the end. */
char *lines_next(struct lines *lines);
