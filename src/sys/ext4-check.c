/*
 * ext4-check.c: superblocks, field by field (Documentation/filesystems/ext4/super.rst).
 */
#include "sys/ext4-check.h"

#include "keep.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* libext2fs gives its copy in the host's order, the disk's is little. */
_Static_assert(BYTE_ORDER == LITTLE_ENDIAN, "superblocks are read as they lie on disk");

/* What mke2fs of Debian 12 makes for ext4, and what has to do with it. */
static const uint32_t write_compat =
	EXT2_FEATURE_COMPAT_DIR_PREALLOC | EXT3_FEATURE_COMPAT_HAS_JOURNAL | EXT2_FEATURE_COMPAT_EXT_ATTR |
	EXT2_FEATURE_COMPAT_RESIZE_INODE | EXT2_FEATURE_COMPAT_DIR_INDEX |
	EXT4_FEATURE_COMPAT_SPARSE_SUPER2 | EXT4_FEATURE_COMPAT_FAST_COMMIT |
	EXT4_FEATURE_COMPAT_STABLE_INODES | EXT4_FEATURE_COMPAT_ORPHAN_FILE;
static const uint32_t write_incompat =
	EXT2_FEATURE_INCOMPAT_FILETYPE | EXT2_FEATURE_INCOMPAT_META_BG | EXT3_FEATURE_INCOMPAT_EXTENTS |
	EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG | EXT4_FEATURE_INCOMPAT_CSUM_SEED;
static const uint32_t write_ro_compat =
	EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |
	EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_GDT_CSUM |
	EXT4_FEATURE_RO_COMPAT_DIR_NLINK | EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE |
	EXT4_FEATURE_RO_COMPAT_METADATA_CSUM;

/* What e2fsck 1.47 knows.  mmp is not among it: a guard against a second host on shared storage, which
 * makes e2fsck wait for as long as the image says. */
static const uint32_t known_incompat =
	EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER | EXT2_FEATURE_INCOMPAT_META_BG |
	EXT3_FEATURE_INCOMPAT_EXTENTS | EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG |
	EXT4_FEATURE_INCOMPAT_EA_INODE | EXT4_FEATURE_INCOMPAT_CSUM_SEED |
	EXT4_FEATURE_INCOMPAT_LARGEDIR | EXT4_FEATURE_INCOMPAT_INLINE_DATA |
	EXT4_FEATURE_INCOMPAT_ENCRYPT | EXT4_FEATURE_INCOMPAT_CASEFOLD;

static bool
is_null(const uint8_t uuid[16])
{
	static const uint8_t null[16];

	return memcmp(uuid, null, sizeof(null)) == 0;
}

static const char *
check_journal(const struct ext2_super_block *super)
{
	bool has_journal = super->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL;
	bool recover = super->s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER;
	uint32_t inode = super->s_journal_inum;

	if (super->s_feature_incompat & EXT3_FEATURE_INCOMPAT_JOURNAL_DEV)
		return "is an external journal";
	if (super->s_journal_dev || !is_null(super->s_journal_uuid))
		return "names an external journal";
	/* e2fsck goes by the inode and by needs_recovery, too, whatever has_journal says. */
	if (inode != (has_journal ? EXT2_JOURNAL_INO : 0) || (recover && !has_journal))
		return "has its journal elsewhere than in inode 8";
	return NULL;
}

int
ext4_wants_repair(const struct ext2_super_block *super)
{
	uint16_t state = super->s_state;

	return (super->s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER) ||
	       (super->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT) ||
	       !(state & EXT2_VALID_FS) || (state & EXT2_ERROR_FS) || super->s_last_orphan;
}

static const char *
check_features(const struct ext2_super_block *super, enum ext4_purpose purpose)
{
	uint32_t compat = super->s_feature_compat;
	uint32_t incompat = super->s_feature_incompat;
	uint32_t ro_compat = super->s_feature_ro_compat;

	if ((incompat & EXT4_FEATURE_INCOMPAT_MMP) && purpose != EXT4_READ)
		return "has multiple mount protection (mmp)";
	if (incompat & ~(known_incompat | EXT4_FEATURE_INCOMPAT_MMP))
		return "has an incompatible feature that is not known here";
	if (purpose == EXT4_WRITE && ((compat & ~write_compat) || (incompat & ~write_incompat) ||
				      (ro_compat & ~write_ro_compat)))
		return "has a feature that a write would not keep up";
	return NULL;
}

const char *
ext4_check(const struct ext2_super_block *super, enum ext4_purpose purpose)
{
	const char *why = check_journal(super);

	if (!why && super->s_rev_level != EXT2_DYNAMIC_REV)
		why = "is of a revision that is not known here";
	if (!why && purpose == EXT4_WRITE && ext4_wants_repair(super))
		why = "is not clean or needs journal recovery";
	if (!why && purpose == EXT4_WRITE && super->s_log_block_size > 2)
		why = "has blocks of more than 4096 bytes";
	/* libext2fs 1.47 counts its bitmaps from this block, and fills them as if it were block 0 or 1. */
	if (!why && purpose == EXT4_WRITE && super->s_first_data_block != (super->s_log_block_size == 0))
		why = "has its first block elsewhere than where the size of its blocks puts it";
	return why ? why : check_features(super, purpose);
}

/* 0 and *super; -EINVAL when no superblock is there. */
static int
read_super(uint64_t offset, struct ext2_super_block *super)
{
	ssize_t got = pread(FD_IMAGE, super, sizeof(*super), (off_t)offset);

	if (got < 0)
		return -errno;
	return got == (ssize_t)sizeof(*super) && super->s_magic == EXT2_SUPER_MAGIC ? 0 : -EINVAL;
}

/* e2fsck tries the second group's, with the primary's sizes or, for each size of a block, with those
 * that go with it. */
int
ext4_check_superblocks(const char **why)
{
	struct ext2_super_block super, backup;
	uint64_t group;
	int rc = read_super(EXT2_MIN_BLOCK_SIZE, &super);

	if (rc < 0)
		return rc;
	*why = ext4_check(&super, EXT4_REPAIR);
	if (!*why && super.s_log_block_size > EXT2_MAX_BLOCK_LOG_SIZE - EXT2_MIN_BLOCK_LOG_SIZE)
		*why = "has blocks of no known size";
	group = super.s_blocks_per_group + (uint64_t)super.s_first_data_block;
	for (unsigned log = EXT2_MIN_BLOCK_LOG_SIZE; !*why && log <= EXT2_MAX_BLOCK_LOG_SIZE; log++) {
		uint64_t usual = (UINT64_C(8) << log) + (log == EXT2_MIN_BLOCK_LOG_SIZE);

		if (read_super(usual << log, &backup) == 0)
			*why = ext4_check(&backup, EXT4_REPAIR);
		if (!*why && read_super(group << log, &backup) == 0)
			*why = ext4_check(&backup, EXT4_REPAIR);
	}
	return 0;
}
