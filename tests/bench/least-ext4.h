/*
 * least-ext4.h: the least that it takes with libext2fs: no look at what else the image might be, no undo.  Each gives 0
 * when it worked.
 */
#pragma once

#include <ext2fs/ext2fs.h>

/* Into a buffer that is kept; an image's name is what the io_manager takes for one. */
int least_ext4_read(io_manager manager, const char *image, const char *path, const char **bytes, unsigned *length);

/* Stdin, in as many equal parts as there are paths; over what each of those files holds, and synced once. */
int least_ext4_write(io_manager manager, const char *image, char *const paths[]);
