/*
 * ext4-read.c: the walk of a path, and a file's bytes.
 */
#include "sys/ext4-read.h"

#include "sys/ext4-io.h"
#include "sys/ext4.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { SYMLINKS_MAX = 40, DEPTH_MAX = 256 };

/* Of an extended attribute libext2fs takes that much, in a block or in an inode of its own. */
enum { ATTRIBUTE_MAX = 64 * 1024 };
_Static_assert(ATTRIBUTE_MAX >= EXT2_MAX_BLOCK_SIZE, "one in a block has room");

/* The directories that the walk went through: ".." goes back along them and not by what is written
 * in the image, where it may be anything. */
struct walk {
	ext2_ino_t through[DEPTH_MAX];
	unsigned depth;                 /* through[depth] is where the walk stands */
	unsigned symlinks;
	char rest[PATH_MAX];            /* what is still to go */
};

/* What lies in the inode and in an attribute of it.  libext2fs copies all that there is: ext2fs_file_read into three
 * blocks' room, and so past its end. */
static errcode_t
read_inline(ext2_filsys fs, ext2_ino_t number, struct ext2_inode *inode, char *bytes, uint64_t size)
{
	static char all[EXT4_MIN_INLINE_DATA_SIZE + ATTRIBUTE_MAX];
	size_t length = 0;
	errcode_t error = ext2fs_inline_data_get(fs, number, inode, all, &length);

	if (!error && length < size)
		error = EXT2_ET_SHORT_READ;
	if (!error)
		memcpy(bytes, all, size);
	return error;
}

/* The bytes of a file, which has `size` of them. */
static int
read_whole(ext2_filsys fs, ext2_ino_t inode, char *bytes, uint64_t size)
{
	ext2_file_t file;
	errcode_t error = ext2fs_file_open(fs, inode, 0, &file);
	uint64_t done = 0;

	if (error)
		return ext4_errno(error);
	if (ext2fs_file_get_inode(file)->i_flags & EXT4_INLINE_DATA_FL) {
		error = read_inline(fs, inode, ext2fs_file_get_inode(file), bytes, size);
		done = size;
	}
	while (!error && done < size) {
		uint64_t left = size - done;
		unsigned got = 0;

		error = ext2fs_file_read(file, bytes + done, left > 1 << 20 ? 1 << 20 : (unsigned)left,
					 &got);
		if (!error && got == 0)
			error = EXT2_ET_SHORT_READ;
		done += got;
	}
	ext2fs_file_close(file);
	return ext4_errno(error);
}

/* Puts the symlink's text in front of what is still to go. */
static int
follow(ext2_filsys fs, struct walk *walk, ext2_ino_t inode, struct ext2_inode *link)
{
	char target[PATH_MAX * 2];
	size_t length = EXT2_I_SIZE(link), rest = strlen(walk->rest);
	int rc = 0;

	if (++walk->symlinks > SYMLINKS_MAX)
		return -ELOOP;
	if (link->i_flags & EXT4_ENCRYPT_FL)
		return -EACCES;
	if (EXT2_I_SIZE(link) >= PATH_MAX || length + rest + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	if (ext2fs_is_fast_symlink(link)) {
		if (length >= sizeof(link->i_block))
			return -EUCLEAN;
		memcpy(target, link->i_block, length);
	} else {
		rc = read_whole(fs, inode, target, length);
	}
	if (rc < 0)
		return rc;
	/* An empty one would be read as /. */
	if (length == 0 || memchr(target, '\0', length))
		return -EUCLEAN;
	target[length] = '/';
	memcpy(target + length + 1, walk->rest, rest + 1);
	if (target[0] == '/')
		walk->depth = 0;
	memcpy(walk->rest, target, length + rest + 2);
	return 0;
}

static int
step(ext2_filsys fs, struct walk *walk, const char *name, size_t length)
{
	ext2_ino_t here = walk->through[walk->depth], there;
	struct ext2_inode inode = { 0 };
	errcode_t error;
	int rc;

	if (length == 0 || (length == 1 && name[0] == '.'))
		return 0;
	error = ext2fs_check_directory(fs, here);
	if (error)
		return error == EXT2_ET_NO_DIRECTORY ? -ENOENT : ext4_errno(error);
	if (length == 2 && name[0] == '.' && name[1] == '.') {
		walk->depth -= walk->depth > 0;
		return 0;
	}
	rc = ext4_lookup(fs, here, name, length, &there);
	if (rc == 0)
		rc = ext4_errno(ext2fs_read_inode(fs, there, &inode));
	if (rc < 0)
		return rc;
	if (LINUX_S_ISLNK(inode.i_mode))
		return follow(fs, walk, there, &inode);
	if (walk->depth + 1 >= DEPTH_MAX)
		return -ENAMETOOLONG;
	walk->through[++walk->depth] = there;
	return 0;
}

int
ext4_walk(ext2_filsys fs, const char *path, ext2_ino_t *inode)
{
	static struct walk walk;
	int rc = 0;

	walk = (struct walk){ .through = { EXT2_ROOT_INO } };
	memcpy(walk.rest, path, strnlen(path, sizeof(walk.rest) - 1));
	while (rc == 0 && walk.rest[0]) {
		char name[PATH_MAX];
		size_t length = strcspn(walk.rest, "/");
		size_t taken = length + (walk.rest[length] == '/');

		memcpy(name, walk.rest, length);
		memmove(walk.rest, walk.rest + taken, strlen(walk.rest + taken) + 1);
		rc = length > EXT2_NAME_LEN ? -ENOENT : step(fs, &walk, name, length);
	}
	*inode = walk.through[walk.depth];
	return rc;
}

int
ext4_read(ext2_filsys fs, ext2_ino_t number, uint64_t limit, char **bytes, uint64_t *length)
{
	struct ext2_inode inode;
	int rc = ext4_errno(ext2fs_read_inode(fs, number, &inode));

	if (rc < 0)
		return rc;
	*length = EXT2_I_SIZE(&inode);
	if (!LINUX_S_ISREG(inode.i_mode))
		return -EISDIR;
	if (inode.i_flags & EXT4_ENCRYPT_FL)
		return -EACCES;
	if (*length > limit)
		return -EFBIG;
	*bytes = malloc(*length + 1);
	if (!*bytes)
		return -ENOMEM;
	rc = read_whole(fs, number, *bytes, *length);
	if (rc < 0)
		free(*bytes);
	return rc;
}
