/*
 * lock.h: keeps two verbs off the same objects.
 */
#pragma once

/* Takes the lock `name` (a word of ours, [a-z0-9-]), of `whose` ("" where there is but one), on that descriptor,
 * waiting at most timeout_ms without polling.  It is a byte of a file of mode 0600 in /run/banger-priv, which
 * is root's alone (0700): the caller can neither hold it nor see it, and cannot fill /run with as many
 * files as it has names.  An open file description's lock (fcntl(2)): it is dropped when the descriptor is
 * closed here and in every child, however those end.
 * 0, -ETIMEDOUT, -EPERM (the directory is not root's alone), or -errno. */
int lock_take(const char *name, const char *whose, int descriptor, int timeout_ms);
