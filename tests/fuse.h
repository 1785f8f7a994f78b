/*
 * fuse.h: a file system of the owner's, as fusermount3 mounts it for any user who may write to a place.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum fuse_manner {
	FUSE_PRIVATE,           /* as it comes: for its owner alone; the kernel keeps even root out */
	FUSE_FOR_ALL,           /* allow_other */
	FUSE_KEEPS,             /* allow_other, and a banger-priv that closes a file waits for ever; `kept` tells */
	FUSE_HOLDS,             /* the first read fails, and no other is ever answered */
	FUSE_HANGS,             /* allow_other, and whoever asks for anything waits for ever, and cannot be killed */
};

/* Mounts over path (a file, a directory, a socket) what lies there: all of it is as it was, but for who answers.
 * Gives the pid of the child that does, or -1 with errno. */
pid_t fuse_begin(const char *path, enum fuse_manner manner, uid_t owner);

/* Ends the child, so that who waits for it goes on, and takes the mount away. */
void fuse_end(pid_t server);
