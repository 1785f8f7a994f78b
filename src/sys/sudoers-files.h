/*
 * sudoers-files.h: what sudo has been told (sudoers(5)): the file of ours, and all the others.
 */
#pragma once

#include "gate/settings.h"
#include "sys/lines.h"

#include <sys/stat.h>

#define SUDOERS_DIR "/etc/sudoers.d"
#define SUDOERS_NAME "banger-priv"

/* Our file's lines and status.  0, or as trusted_open says, with *bad likewise; -EACCES for who is not root. */
int sudoers_read_ours(struct lines *lines, struct stat *status, size_t *bad);

/* Whether /etc/sudoers has that directory read: 1, 0, or -errno. */
int sudoers_includes_directory(void);

/* A line of another file that lets the owner, by name or by a group of its, do more than our rules do. */
struct sudoers_excess {
	char file[280];
	unsigned line;
	bool everything;                /* any command; else ours, with rules of its own */
	bool continued;                 /* no rule by itself: a backslash joins it to a neighbour */
};

/* The first such line: 1, 0, or -errno. */
int sudoers_find_excess(const struct account *owner, struct sudoers_excess *out);
