/*
 * least-ext4.c: what limit and floor-ext4 do.
 */
#include "least-ext4.h"

#include <unistd.h>

enum { BYTES_MAX = 65536 };

static char bytes[BYTES_MAX];

static int
find(ext2_filsys fs, const char *path, int flags, ext2_file_t *file)
{
	ext2_ino_t inode;

	return ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &inode) || ext2fs_file_open(fs, inode, flags, file);
}

int
least_ext4_read(io_manager manager, const char *image, const char *path, const char **out, unsigned *length)
{
	ext2_file_t file;
	ext2_filsys fs;

	*out = bytes;
	return ext2fs_open(image, EXT2_FLAG_64BITS, 0, 0, manager, &fs) || find(fs, path, 0, &file) ||
	       ext2fs_file_read(file, bytes, BYTES_MAX, length);
}

int
least_ext4_write(io_manager manager, const char *image, char *const paths[])
{
	ssize_t got = read(STDIN_FILENO, bytes, BYTES_MAX);
	unsigned count = 0, part;
	ext2_filsys fs;

	while (paths[count])
		count++;
	part = count ? (unsigned)got / count : 0;
	if (got <= 0 || ext2fs_open(image, EXT2_FLAG_64BITS | EXT2_FLAG_RW, 0, 0, manager, &fs))
		return 1;
	for (unsigned i = 0; i < count; i++) {
		ext2_file_t file;

		if (find(fs, paths[i], EXT2_FILE_WRITE, &file) || ext2fs_file_write(file, bytes + i * part, part, NULL) ||
		    ext2fs_file_close(file))
			return 1;
	}
	return ext2fs_close(fs) != 0;
}
