/*
 * directory.h: one directory below a directory of root's.
 */
#pragma once

#include <sys/stat.h>

/* Makes `name` in parent, with mode 0700, root's.  Exclusively: -EEXIST. */
int directory_make(int parent, const char *name);

/* Pins the directory `name` in parent (O_PATH: the owner may have taken the right to read it from
 * everybody), through no symlink.  The caller closes it.  -ENOENT, -ELOOP, -ENOTDIR, or -errno. */
int directory_pin(int parent, const char *name, struct stat *status);

/* For a pinned one: sets the mode and then the owner, so that the handing-over comes last, and checks both. */
int directory_give(int directory, uid_t uid, gid_t gid, mode_t mode);

/* Removes an empty directory. */
int directory_remove(int parent, const char *name);
