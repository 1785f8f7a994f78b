/*
 * directory.h: one directory below a directory of root's.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

/* Makes `name` in parent, with mode 0700, root's.  Exclusively: -EEXIST. */
int directory_make(int parent, const char *name);

/* Pins the directory `name` in parent (O_PATH: the owner may have taken the right to read it from
 * everybody), through no symlink, and no mount unless cross_mounts: over a directory of its own the owner can mount a
 * FUSE, and who asks that waits for ever.  The caller closes it.  -ENOENT, -ELOOP, -ENOTDIR, -EXDEV (a mount), or
 * -errno. */
int directory_pin(int parent, const char *name, bool cross_mounts, struct stat *status);

/* For a pinned one: sets the mode and then the owner, so that the handing-over comes last, and checks both. */
int directory_give(int directory, uid_t uid, gid_t gid, mode_t mode);

/* Whether a pinned one is what a call leaves that ended between these two: root's, empty, its mode still the first
 * or already the one to be given.  1, 0, or -errno. */
int directory_is_left_over(int directory, const struct stat *status, mode_t mode);

/* Removes an empty directory. */
int directory_remove(int parent, const char *name);

/* What is in a directory, one entry after another, without memory from the heap. */
struct directory_reader {
	int fd;
	long got, at;
	char buffer[4096] __attribute__((aligned(8)));
};

/* The next name but . and .., "" at the end, NULL with errno set.  fd is open for reading. */
const char *directory_next(struct directory_reader *reader);
