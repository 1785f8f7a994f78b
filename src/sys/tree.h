/*
 * tree.h: files below state_dir, which belong to the owner: every name on the way is hostile.
 */
#pragma once

#include "gate/settings.h"

#include <sys/stat.h>

/* Opens a gated path below state_dir, once: from a state_dir that is root's alone, through no
 * symlink, no magic link and no mount (openat2(2), Linux 5.6), without waiting for the other end of a
 * FIFO or for a lease (fcntl(2)).  flags are open(2)'s.  Fills *status.
 * Gives a descriptor that the caller closes, or -ENOENT, -ELOOP, -EXDEV, -EAGAIN (leased), -EACCES,
 * -EPERM (state_dir is not root's alone), or what the kernel said. */
int tree_open(const struct settings *settings, const struct path *path, int flags,
	      struct stat *status);

/* The same with the owner's rights and no others: what the owner could not open itself, it cannot have
 * opened by us.  For a stage AS_ROOT that keeps CAP_SETUID and CAP_SETGID (setfsuid(2)) and no
 * CAP_DAC_*, which would open everything. */
int tree_open_as_owner(const struct settings *settings, const struct path *path, int flags,
		       struct stat *status);

/* Whether such an error tells nothing of the file, so that another try may do: there is no memory or descriptor to be
 * had, a disk or the kernel is at fault. */
bool tree_is_trouble(int rc);
