/*
 * sudoers-files.h: what sudo has been told (sudoers(5)): the file of ours, and all the others.
 */
#pragma once

#include "gate/settings.h"
#include "sys/lines.h"

#include <sys/stat.h>

#define SUDOERS_DIR "/etc/sudoers.d"
#define SUDOERS_NAME "banger-priv"
#define SUDOERS_FILE SUDOERS_DIR "/" SUDOERS_NAME

/* Our file's lines and status.  0, or as trusted_open says, with *bad likewise; -EACCES for who is not root. */
int sudoers_read_ours(struct lines *lines, struct stat *status, size_t *bad);

enum { SUDOERS_FILES_MAX = 256, SUDOERS_BYTES = 512 * 1024 };

struct sudoers_file {
	const char *name;
	const char *text;               /* ends with a NUL */
};

struct sudoers {
	struct sudoers_file files[SUDOERS_FILES_MAX];
	unsigned count;
	bool includes_ours;             /* sudo gets to our file, or would */
	size_t used;
	char bytes[SUDOERS_BYTES];
};

/* All files but ours, from /etc/sudoers on by its includes.  0; -EACCES for who is not root; -EFBIG when they
 * are more than fit; or -errno. */
int sudoers_read_others(struct sudoers *all);
