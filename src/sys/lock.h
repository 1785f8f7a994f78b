/*
 * lock.h: keeps two verbs off the same objects.
 */
#pragma once

/* Takes the lock `name` (a word of ours, [a-z0-9-]) on that descriptor, waiting at most timeout_ms without
 * polling.  It is a file of mode 0600 in /run/banger-priv, which is root's alone (0700): the caller can
 * neither hold it nor see it.  flock(2): it is dropped when the descriptor is closed here and in every
 * child, however those end.
 * 0, -ETIMEDOUT, -EPERM (the directory is not root's alone), or -errno. */
int lock_take(const char *name, int descriptor, int timeout_ms);
