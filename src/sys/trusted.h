/*
 * trusted.h: paths on which nobody but root has any say.
 */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

/* Opens an absolute canonical path for which every directory from / on, and the object itself,
 * belongs to uid 0 and is writable by nobody else; no symlink anywhere.  openat2(2), Linux 5.6.
 *
 * Gives an O_PATH descriptor (the caller closes it) and fills *status, or: -ENOENT, -ELOOP (a
 * symlink), -EPERM (somebody else may change it), or what the kernel said.
 * With bad != NULL, *bad is the length of the part of path that the error is about. */
int trusted_open(const char *path, struct stat *status, size_t *bad);

/* The same for the directory that holds path's last component; *name points at that component. */
int trusted_open_parent(const char *path, const char **name, size_t *bad);

/* One component beneath directory, by openat2 with RESOLVE_BENEATH, NO_SYMLINKS, NO_MAGICLINKS and
 * NO_XDEV unless cross_mounts.  Gives a descriptor with O_CLOEXEC or -errno. */
int beneath_open(int directory, const char *name, int flags, int cross_mounts);
