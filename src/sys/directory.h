/*
 * directory.h: one directory below a directory of root's.
 */
#pragma once

#include <sys/stat.h>

/* Makes `name` in parent, with mode 0700, root's.  Exclusively: -EEXIST. */
int directory_make(int parent, const char *name);

/* Opens `name` in parent for reading, through no symlink and not across a mount unless it is one
 * itself.  The caller closes it.  -ENOENT, -ELOOP, -ENOTDIR, or -errno. */
int directory_open(int parent, const char *name, struct stat *status);

/* Sets the mode and then the owner, so that the handing-over comes last, and checks both. */
int directory_give(int directory, uid_t uid, gid_t gid, mode_t mode);

/* Removes an empty directory. */
int directory_remove(int parent, const char *name);
