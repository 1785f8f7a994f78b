/*
 * ext4.c: is it ext4, and is it one that we take; then libext2fs.
 */
#include "sys/ext4.h"

#include "keep.h"
#include "sys/ext4-io.h"
#include "sys/ext4-manager.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <et/com_err.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DEADLINE_MS = 30000 };

/* libext2fs asks for what the image's numbers say: a table of groups, a bitmap, a file. */
#define MEMORY_BYTES (UINT64_C(3) << 29)

static int
bound_memory(void)
{
#ifndef BANGER_INSTRUMENTED             /* the sanitizers map terabytes */
	static const struct rlimit limit = { MEMORY_BYTES, MEMORY_BYTES };

	if (setrlimit(RLIMIT_AS, &limit) < 0)
		return -errno;
#endif
	return 0;
}

static int
is_at(off_t offset, const char *word)
{
	char found[16] = "";

	if (pread(FD_IMAGE, found, strlen(word), offset) < 0)
		return -errno;
	return strcmp(found, word) == 0;
}

/* Whether a UDF (ECMA-167, 2/9.1) or an exFAT begins here: 1, 0, or -errno.  libblkid goes through their lists for as long
 * as they say, past every deadline; so it looks for neither. */
static int
has_no_end(void)
{
	static const char *const of_udf[] = { "BEA01", "BOOT2", "CD001", "CDW02", "NSR02", "NSR03", "TEA01", NULL };
	int rc = is_at(3, "EXFAT   ");

	for (const char *const *word = of_udf; rc == 0 && *word; word++)
		rc = is_at(32 * 1024 + 1, *word);
	return rc;
}

static int
probe_type(const char **why)
{
	static char udf[] = "udf", exfat[] = "exfat";
	char *without_end[] = { udf, exfat, NULL };
	blkid_probe probe = blkid_new_probe();
	const char *type = NULL;
	int rc;

	if (!probe)
		return -ENOMEM;
	rc = has_no_end();
	if (rc == 0 && blkid_probe_set_device(probe, FD_IMAGE, 0, 0) < 0)
		rc = -errno;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_NOTIN, without_end);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
	blkid_probe_enable_partitions(probe, 1);
	/* 1: nothing is there.  -2: more than one thing is.  Else a -errno, as where it cannot be read. */
	if (rc == 0)
		rc = blkid_do_safeprobe(probe);
	if (rc == 1 || rc == -2)
		rc = -EMEDIUMTYPE;
	if (rc == 0 && (blkid_probe_lookup_value(probe, "TYPE", &type, NULL) < 0 ||
			strcmp(type, "ext4") != 0 || blkid_probe_has_value(probe, "PTTYPE")))
		rc = -EMEDIUMTYPE;
	blkid_free_probe(probe);
	*why = rc == -EMEDIUMTYPE ? "must be an ext4 file system and nothing else besides" : NULL;
	return rc;
}

/* libext2fs prints warnings on its own account. */
static void
say_nothing(const char *who, errcode_t error, const char *format, va_list args)
{
	(void)who;
	(void)error;
	(void)format;
	(void)args;
}

static int
check_opened(ext2_filsys fs, enum ext4_purpose purpose, const char **why)
{
	*why = ext4_check(fs->super, purpose);
	if (!*why && ext2fs_blocks_count(fs->super) > ext4_io_size() / fs->blocksize)
		*why = "is shorter than its superblock says";
	return *why ? -EOPNOTSUPP : 0;
}

int
ext4_open(enum ext4_purpose purpose, ext2_filsys *out, const char **why)
{
	int flags = EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP | (purpose == EXT4_WRITE ? EXT2_FLAG_RW : 0);
	errcode_t error;
	int rc = bound_memory();

	*why = NULL;
	*out = NULL;
	set_com_err_hook(say_nothing);
	if (rc == 0)
		rc = ext4_io_begin(DEADLINE_MS);
	if (rc == 0)
		rc = probe_type(why);
	if (rc < 0)
		return rc;
	error = ext2fs_open2("image", NULL, flags, 0, 0, &ext4_manager, out);
	if (error == EXT2_ET_UNSUPP_FEATURE || error == EXT2_ET_RO_UNSUPP_FEATURE) {
		*why = "has a feature that is not known here";
		return -EOPNOTSUPP;
	}
	/* Looked at once more in libext2fs's copy: the owner may have changed it since. */
	return error ? ext4_errno(error) : check_opened(*out, purpose, why);
}

int
ext4_inspect(const char **why)
{
	int rc = bound_memory();

	if (rc == 0)
		rc = probe_type(why);
	if (rc == 0)
		rc = ext4_check_superblocks(why);
	return rc == 0 && *why ? -EOPNOTSUPP : rc;
}

int
ext4_lookup(ext2_filsys fs, ext2_ino_t directory, const char *name, size_t length, ext2_ino_t *inode)
{
	errcode_t error = ext2fs_lookup(fs, directory, name, (int)length, NULL, inode);

	/* A name may point anywhere, journal and bitmaps' inodes included. */
	if (!error && (*inode == 0 || *inode > fs->super->s_inodes_count ||
		       (*inode != EXT2_ROOT_INO && *inode < EXT2_FIRST_INODE(fs->super))))
		return -EUCLEAN;
	return ext4_errno(error);
}
