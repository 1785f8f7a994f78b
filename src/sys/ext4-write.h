/*
 * ext4-write.h: files and directories into an ext4 file system, all of them or none.
 *
 * In memory until ext4_transaction_commit: nothing here writes to the image.
 */
#pragma once

#include "gate/gate.h"

#include <ext2fs/ext2fs.h>

/* Makes the directories and puts the files in place, in the order given; contents are the files' bytes,
 * one after another.  A file that is there is replaced by a new one, never written to, so that whoever
 * stops us leaves the one or the other.  0, or -errno with *failed the index of the entry it is about:
 * -ENOENT (a directory on the way is not there), -ELOOP (a symlink is on the way or at its end), -ENOTDIR
 * and -EISDIR, -EMLINK (the file has other names, too), -ENOTEMPTY (something else has the name),
 * -ENOSPC, -EUCLEAN, ... */
int ext4_put(ext2_filsys fs, const struct inside_file *files, unsigned count, const char *contents,
	     unsigned *failed);
