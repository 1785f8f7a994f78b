/*
 * socket-file.h: the unix sockets of VMs, below runtime_dir or in a VM's jail.
 *
 * Both trees hang below directories of root's; every name in them is hostile.
 */
#pragma once

#include "gate/gate.h"
#include "keep.h"
#include "sys/jail.h"

#include <sys/stat.h>

/* Opens a gated path, once: from runtime_dir, whose parent is root's alone, or from the VM's jail,
 * which is root's alone; through no symlink, no magic link and no mount but that on the jail's root
 * or socket directory; and checks that it is a socket with one name, of root's, the owner's or one
 * of vm_uid.  With watch, FD_INOTIFY first watches each directory on the way, as far as it is there.
 *
 * Gives an O_PATH descriptor that the caller closes, and *status; or -ENOENT (not there), -ENXIO (nor is
 * the tree), -EPERM (the directory that the tree hangs in is not as it must be), what
 * socket_objection knows, or what the kernel said. */
int socket_pin(const struct socket_path *socket, const struct settings *settings, bool watch,
	       struct stat *status);

/* FD_INOTIFY, for whoever watches.  No handle: the kernel counts such descriptors by the uid that makes them
 * (inotify(7)), and root's few are not the caller's to use up.  0 or -errno.  What was reported can be
 * forgotten: the next look tells. */
int socket_watch_open(void);
void socket_watch_forget(void);

#define SOCKET_WATCH_CALLS \
	CALL(inotify_init1, "on this uid's account, not on root's"), \
	CALL_IF(dup3, 1, FD_INOTIFY, "under its number"), \
	CALL_IF(read, 0, FD_INOTIFY, "what happened in a directory")

/* Sets mode and then owner, so that the handing-over comes last, and checks both. */
int socket_give(int pinned, uid_t uid, gid_t gid, mode_t mode);

/* Why a socket that could not be pinned is refused, and with which text after its path;
 * REASON_NONE when the kernel's own word is the best there is. */
enum reason socket_objection(int rc, const char **text);

/* What socket_pin calls. */
#define SOCKET_PIN_CALLS \
	CALL(openat, "/, where every path begins"), \
	CALL(openat2, "each directory on the way to the socket, and the socket"), \
	JAIL_OPEN_TMPFS_CALLS, \
	CALL(newfstatat, "whose they are")
