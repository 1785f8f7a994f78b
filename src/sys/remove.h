/*
 * remove.h: a directory tree that somebody else may have filled is gone.
 */
#pragma once

/* Removes directory/name and all below it.  Through no symlink and across no mount: a mount point in the
 * way is -EBUSY, another file system -EXDEV, and what was removed by then stays so.  Each directory
 * becomes root's, 0700, before anything in it is looked at, so that its owner can no longer move
 * things about; those below are brought up beside it, so that neither depth nor number costs memory or
 * descriptors; where one cannot be, it is emptied in its place, which costs neither, but more time.  0 also when
 * there is none. */
int remove_tree(int directory, const char *name);
