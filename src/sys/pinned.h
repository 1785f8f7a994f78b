/*
 * pinned.h: owner and mode of the very inode that an O_PATH descriptor holds, which stays the caller's.  Each gives
 * 0 or -errno.
 */
#pragma once

#include <sys/types.h>

/* fchmodat2(2) with AT_EMPTY_PATH (Linux 6.6); before that through /proc/self/fd, which leads to the
 * same inode without a name. */
int pinned_set_mode(int fd, mode_t mode);

/* fchownat(2) with AT_EMPTY_PATH; (uid_t)-1 and (gid_t)-1 leave what is there. */
int pinned_set_owner(int fd, uid_t uid, gid_t gid);
