/*
 * ext4-write.c: the phases of a write.
 *
 * What a kill between any two writes leaves must be an image that e2fsck repairs, with each file the old
 * or the new one.  So: first the superblock says that the image is not clean; then directories, and new
 * inodes with their blocks, to which no name points; then the names, each a change of one block; then the
 * old inodes go; then the superblock says clean.
 */
#include "sys/ext4-write.h"

#include "sys/ext4-io.h"
#include "sys/ext4-names.h"
#include "sys/ext4-transaction.h"
#include "sys/ext4.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of a directory; the kernel stops counting then, libext2fs does not. */
enum { LINKS_MAX = 64998 };

/* Where a name is, and what it stands for; inode 0 is nothing. */
struct place {
	ext2_ino_t directory, inode;
	const char *name;
	struct ext2_inode about;
};

/* libext2fs goes by what the inode says, whatever the superblock does: what it says of a feature that the file system
 * does not have is not so. */
static int
read_about(ext2_filsys fs, ext2_ino_t inode, struct ext2_inode *about)
{
	int rc = ext4_errno(ext2fs_read_inode(fs, inode, about));

	return rc == 0 && (about->i_flags & EXT4_INLINE_DATA_FL) ? -EUCLEAN : rc;
}

static int
look(ext2_filsys fs, ext2_ino_t directory, const char *name, size_t length, struct place *out)
{
	int rc = ext4_lookup(fs, directory, name, length, &out->inode);

	out->directory = directory;
	out->name = name;
	if (rc == 0)
		rc = read_about(fs, out->inode, &out->about);
	if (rc == 0 && LINUX_S_ISLNK(out->about.i_mode))
		rc = -ELOOP;
	return rc;
}

/* Through directories only: no symlink in a write.  0 also when only the last name is not there. */
static int
find_place(ext2_filsys fs, const char *path, struct place *out)
{
	ext2_ino_t directory = EXT2_ROOT_INO;
	int rc = read_about(fs, directory, &out->about);

	while (rc == 0) {
		const char *name = path + 1;
		size_t length = strcspn(name, "/");

		rc = look(fs, directory, name, length, out);
		path = name + length;
		if (!*path) {
			if (rc == -ENOENT)
				out->inode = 0;
			return rc == -ENOENT ? 0 : rc;
		}
		if (rc == 0 && !LINUX_S_ISDIR(out->about.i_mode))
			rc = -ENOTDIR;
		directory = out->inode;
	}
	return rc;
}

/* ---- inodes ---- */

static void
set_owner(struct ext2_inode *inode, const struct inside_file *file)
{
	inode->i_mode = (__u16)((inode->i_mode & LINUX_S_IFMT) | file->mode);
	inode->i_uid = (__u16)file->uid;
	ext2fs_set_i_uid_high(*inode, (__u16)(file->uid >> 16));
	inode->i_gid = (__u16)file->gid;
	ext2fs_set_i_gid_high(*inode, (__u16)(file->gid >> 16));
}

static errcode_t
touch(ext2_filsys fs, ext2_ino_t directory)
{
	struct ext2_inode inode;
	errcode_t error = ext2fs_read_inode(fs, directory, &inode);

	if (error)
		return error;
	inode.i_mtime = inode.i_ctime = (__u32)fs->now;
	return ext2fs_write_inode(fs, directory, &inode);
}

static errcode_t
make_directory(ext2_filsys fs, const struct place *place, const struct inside_file *file)
{
	struct ext2_inode inode;
	ext2_ino_t number;
	errcode_t error = ext2fs_read_inode(fs, place->directory, &inode);

	if (!error && inode.i_links_count >= LINKS_MAX)
		error = EMLINK;
	if (!error)
		error = ext4_lose_index(fs, place->directory);
	if (!error)
		error = ext2fs_mkdir(fs, place->directory, 0, place->name);
	if (error == EXT2_ET_DIR_NO_SPACE) {
		error = ext2fs_expand_dir(fs, place->directory);
		if (!error)
			error = ext2fs_mkdir(fs, place->directory, 0, place->name);
	}
	if (!error)
		error = ext2fs_lookup(fs, place->directory, place->name, (int)strlen(place->name), NULL,
				      &number);
	if (!error)
		error = ext2fs_read_inode(fs, number, &inode);
	if (error)
		return error;
	set_owner(&inode, file);
	error = ext2fs_write_inode(fs, number, &inode);
	return error ? error : touch(fs, place->directory);
}

static errcode_t
write_contents(ext2_filsys fs, ext2_ino_t number, const char *bytes, uint64_t length)
{
	ext2_file_t file;
	errcode_t error = ext2fs_file_open(fs, number, EXT2_FILE_WRITE, &file), closing;

	if (error)
		return error;
	while (!error && length > 0) {
		unsigned written = 0;

		error = ext2fs_file_write(file, bytes, length > 1 << 20 ? 1 << 20 : (unsigned)length,
					  &written);
		if (!error && written == 0)
			error = EIO;
		bytes += written;
		length -= written;
	}
	closing = ext2fs_file_close(file);
	return error ? error : closing;
}

static errcode_t
make_file(ext2_filsys fs, ext2_ino_t directory, const struct inside_file *file, const char *bytes,
	  ext2_ino_t *number)
{
	struct ext2_inode inode = { .i_mode = LINUX_S_IFREG, .i_links_count = 1 };
	ext2_extent_handle_t handle;
	errcode_t error = ext2fs_new_inode(fs, directory, LINUX_S_IFREG | (int)file->mode, NULL,
					   number);

	if (error)
		return error;
	ext2fs_inode_alloc_stats2(fs, *number, +1, 0);
	set_owner(&inode, file);
	inode.i_atime = inode.i_ctime = inode.i_mtime = (__u32)fs->now;
	if (ext2fs_has_feature_extents(fs->super)) {
		inode.i_flags |= EXT4_EXTENTS_FL;
		/* Writes the header of an empty tree into the inode. */
		error = ext2fs_extent_open2(fs, *number, &inode, &handle);
		if (error)
			return error;
		ext2fs_extent_free(handle);
	}
	error = ext2fs_write_new_inode(fs, *number, &inode);
	return error ? error : write_contents(fs, *number, bytes, file->size);
}

/* The old inode, once no name points at it. */
static errcode_t
let_go(ext2_filsys fs, ext2_ino_t number)
{
	struct ext2_inode_large inode;
	errcode_t error = ext2fs_read_inode_full(fs, number, EXT2_INODE(&inode), sizeof(inode));

	/* Two names for one inode that counts only one. */
	if (!error && inode.i_links_count == 0)
		error = EXT2_ET_INODE_CORRUPTED;
	if (!error)
		error = ext2fs_free_ext_attr(fs, number, &inode);
	if (!error && ext2fs_inode_has_valid_blocks2(fs, EXT2_INODE(&inode)))
		error = ext2fs_punch(fs, number, EXT2_INODE(&inode), NULL, 0, ~UINT64_C(0));
	if (error)
		return error;
	inode.i_links_count = 0;
	inode.i_dtime = (__u32)fs->now;
	ext2fs_inode_alloc_stats2(fs, number, -1, 0);
	return ext2fs_write_inode_full(fs, number, EXT2_INODE(&inode), sizeof(inode));
}

static errcode_t
set_name(ext2_filsys fs, const struct place *place, ext2_ino_t inode)
{
	errcode_t error = place->inode ? ext4_point_name(fs, place->directory, place->name, inode) :
			  ext4_add_name(fs, place->directory, place->name, inode);

	return error ? error : touch(fs, place->directory);
}

/* ---- the phases ---- */

static errcode_t
say_clean(ext2_filsys fs, bool clean)
{
	fs->super->s_state = (__u16)(clean ? fs->super->s_state | EXT2_VALID_FS :
				     fs->super->s_state & ~EXT2_VALID_FS);
	ext2fs_mark_super_dirty(fs);
	/* The kernel does not keep the backups up either. */
	fs->flags |= EXT2_FLAG_MASTER_SB_ONLY;
	return ext2fs_flush2(fs, EXT2_FLAG_FLUSH_NO_SYNC);
}

static int
put_directory(ext2_filsys fs, const struct inside_file *file)
{
	struct place place;
	int rc = find_place(fs, file->path.text, &place);

	if (rc < 0)
		return rc;
	if (place.inode)
		return LINUX_S_ISDIR(place.about.i_mode) ? 0 : -ENOTEMPTY;
	return ext4_errno(make_directory(fs, &place, file));
}

static int
put_file(ext2_filsys fs, const struct inside_file *file, const char *bytes, struct place *place,
	 ext2_ino_t *number)
{
	int rc = find_place(fs, file->path.text, place);

	if (rc == 0 && place->inode && LINUX_S_ISDIR(place->about.i_mode))
		rc = -EISDIR;
	if (rc == 0 && place->inode && !LINUX_S_ISREG(place->about.i_mode))
		rc = -ENOTEMPTY;
	if (rc == 0 && place->inode && place->about.i_links_count != 1)
		rc = -EMLINK;
	if (rc == 0 && !place->inode)   /* its name has a phase of its own */
		rc = ext4_errno(ext4_lose_index(fs, place->directory));
	return rc < 0 ? rc : ext4_errno(make_file(fs, place->directory, file, bytes, number));
}

static int
put_all(ext2_filsys fs, ext2fs_block_bitmap in_use, const struct inside_file *files, unsigned count,
	const char *contents, struct place *places, ext2_ino_t *numbers, unsigned *failed)
{
	unsigned *i = failed;
	int rc = ext4_errno(say_clean(fs, false));

	ext4_transaction_next_phase(in_use, false);
	for (*i = 0; rc == 0 && *i < count; *i += rc == 0)
		if (files[*i].is_directory)
			rc = put_directory(fs, &files[*i]);
	ext4_transaction_next_phase(in_use, false);
	for (*i = rc == 0 ? 0 : *i; rc == 0 && *i < count; *i += rc == 0) {
		if (!files[*i].is_directory)
			rc = put_file(fs, &files[*i], contents, &places[*i], &numbers[*i]);
		contents += files[*i].size;
	}
	if (rc == 0)
		rc = ext4_errno(say_clean(fs, false));
	ext4_transaction_next_phase(in_use, true);
	for (*i = rc == 0 ? 0 : *i; rc == 0 && *i < count; *i += rc == 0)
		if (!files[*i].is_directory)
			rc = ext4_errno(set_name(fs, &places[*i], numbers[*i]));
	if (rc == 0)
		rc = ext4_errno(say_clean(fs, false));
	ext4_transaction_next_phase(in_use, true);
	for (*i = rc == 0 ? 0 : *i; rc == 0 && *i < count; *i += rc == 0)
		if (!files[*i].is_directory && places[*i].inode)
			rc = ext4_errno(let_go(fs, places[*i].inode));
	if (rc == 0)
		rc = ext4_errno(say_clean(fs, false));
	ext4_transaction_next_phase(in_use, false);
	return rc < 0 ? rc : ext4_errno(say_clean(fs, true));
}

int
ext4_put(ext2_filsys fs, const struct inside_file *files, unsigned count, const char *contents,
	 unsigned *failed)
{
	struct place *places = calloc(count, sizeof(places[0]));
	ext2_ino_t *numbers = calloc(count, sizeof(numbers[0]));
	ext2fs_block_bitmap in_use;
	int rc = places && numbers ? 0 : -ENOMEM;

	*failed = 0;
	fs->now = time(NULL);
	/* An array of bits: a tree of runs grows with what the image says. */
	fs->default_bitmap_type = EXT2FS_BMAP64_BITARRAY;
	if (rc == 0)
		rc = ext4_errno(ext2fs_read_bitmaps(fs));
	if (rc == 0)
		rc = ext4_errno(ext2fs_copy_bitmap(fs->block_map, &in_use));
	ext4_transaction_begin(fs->blocksize);
	if (rc == 0)
		rc = put_all(fs, in_use, files, count, contents, places, numbers, failed);
	free(places);
	free(numbers);
	return rc;
}
