/*
 * ext4-names.c: entries in blocks (Documentation/filesystems/ext4/directory.rst).
 */
#include "sys/ext4-names.h"

#include <stdbool.h>
#include <string.h>

/* ---- indexes ---- */

/* An entry that reaches to the end of a block lies over a piece of the index: "..", in the first block, or one without
 * a name that is alone in its block.  It makes room for the checksum that a block of names ends with. */
static int
end_with_checksum(struct ext2_dir_entry *entry, int offset, int block_size, char *buffer, void *data)
{
	ext2_filsys fs = data;

	/* In blocks of no more than 4096 bytes it is what it says. */
	if (offset + entry->rec_len != block_size)
		return 0;
	entry->rec_len = (__u16)(entry->rec_len - sizeof(struct ext2_dir_entry_tail));
	ext2fs_initialize_dirent_tail(fs, (void *)(buffer + block_size - sizeof(struct ext2_dir_entry_tail)));
	return DIRENT_CHANGED;
}

/* Of what this changes a kill leaves any part: e2fsck then sees an index that is none, and names that are all there. */
errcode_t
ext4_lose_index(ext2_filsys fs, ext2_ino_t directory)
{
	struct ext2_inode inode;
	errcode_t error = ext2fs_read_inode(fs, directory, &inode);

	if (error || !(inode.i_flags & EXT2_INDEX_FL))
		return error;
	/* Without checksums its blocks are like any others. */
	if (ext2fs_has_feature_metadata_csum(fs->super))
		error = ext2fs_dir_iterate(fs, directory, DIRENT_FLAG_INCLUDE_EMPTY, NULL, end_with_checksum, fs);
	if (error)
		return error;
	inode.i_flags &= ~(__u32)EXT2_INDEX_FL;
	return ext2fs_write_inode(fs, directory, &inode);
}

/* ---- names ---- */

errcode_t
ext4_add_name(ext2_filsys fs, ext2_ino_t directory, const char *name, ext2_ino_t inode)
{
	errcode_t error = ext2fs_link(fs, directory, name, inode, EXT2_FT_REG_FILE);

	if (error != EXT2_ET_DIR_NO_SPACE)
		return error;
	error = ext2fs_expand_dir(fs, directory);
	return error ? error : ext2fs_link(fs, directory, name, inode, EXT2_FT_REG_FILE);
}

struct new_name {
	const char *name;
	size_t length;
	ext2_ino_t inode;
	bool typed, done;
};

static int
point_entry(struct ext2_dir_entry *entry, int offset, int block_size, char *buffer, void *data)
{
	struct new_name *name = data;

	(void)offset;
	(void)block_size;
	(void)buffer;
	if (!entry->inode || (size_t)ext2fs_dirent_name_len(entry) != name->length ||
	    memcmp(entry->name, name->name, name->length) != 0)
		return 0;
	entry->inode = name->inode;
	if (name->typed)
		ext2fs_dirent_set_file_type(entry, EXT2_FT_REG_FILE);
	name->done = true;
	return DIRENT_CHANGED | DIRENT_ABORT;
}

errcode_t
ext4_point_name(ext2_filsys fs, ext2_ino_t directory, const char *name, ext2_ino_t inode)
{
	struct new_name new = { name, strlen(name), inode, ext2fs_has_feature_filetype(fs->super), false };
	errcode_t error = ext2fs_dir_iterate(fs, directory, 0, NULL, point_entry, &new);

	return error || new.done ? error : EXT2_ET_FILE_NOT_FOUND;
}
