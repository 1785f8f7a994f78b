/*
 * swap.h: what the owner can do to a path that a verb has been given, and how to take it back.
 *
 * Everything is done with the owner's uid but what takes root to plan (a device, a hard link to another
 * user's file, as on a host without fs.protected_hardlinks).
 */
#pragma once

#include <stdbool.h>

enum swap {
	SWAP_SYMLINK,           /* to the same thing of root's, below /run/canary/mirror */
	SWAP_EXCHANGE,          /* RENAME_EXCHANGE with another one of the owner's */
	SWAP_HARD_LINK,         /* to a file of root's */
	SWAP_UNLINK,
	SWAP_TRUNCATE,
	SWAP_RECREATE,          /* a new one of that name, empty */
	SWAP_FIFO,
	SWAP_SOCKET,
	SWAP_DIRECTORY,
	SWAP_FUSE_HANGS,        /* a file system of the owner's over it, which lets wait who asks for anything */
	SWAP_FILE,
	SWAP_DEVICE,            /* a node of root's */
	SWAP_LEASE,             /* whoever opens it waits for the holder of the lease */
	SWAP_FUSE,              /* that has all that lies there, for everybody */
	SWAP_FUSE_PRIVATE,      /* for the owner alone */
	SWAP_ACL,               /* default entries, by which what is made in it is the owner's to write */
	SWAP_COUNT
};

extern const char *const swap_names[SWAP_COUNT];

/* The owner of all that is swapped. */
enum { SWAP_UID = 1900 };

/* The path in an operand that the owner may change, in /var/lib/banger or /run/banger, from its first slash on;
 * or NULL. */
const char *swap_path_in(const char *word);

/* At the path's last component, or `up` above it.  False when the owner cannot, or when it would be the same
 * kind of thing; then nothing has changed. */
bool swap_begin(enum swap swap, const char *path, int up);
void swap_end(void);
