/*
 * mount-table.c: two sources, one table.
 */
#include "sys/mount-table.h"

#include "build-config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than Debian 12's headers; include/uapi/linux/mount.h of Linux 6.8. */
#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif
enum { UNIQUE_ID_MASK = 0x4000, KIND_WANTED = 0x1, IDS_WANTED = 0x2, MOUNT_POINT_WANTED = 0x10 };

/* In a tmpfs of ours a place can be as deep as that has inodes; no page of this is there before it is used. */
enum { ANSWER_BYTES = 1 << 20 };

struct id_request {
	uint32_t size;
	uint32_t spare;
	uint64_t id;
	uint64_t param;
};

struct statmount_answer {
	uint32_t size;
	uint32_t spare1;
	uint64_t mask;
	uint32_t sb_dev[2];
	uint64_t sb_magic;
	uint32_t spare2[2];
	uint64_t id;
	uint64_t parent;
	uint32_t spare3[12];
	uint32_t mnt_root;
	uint32_t mnt_point;
	uint64_t spare4[50];
	char text[];
};

#define LIBMOUNT_FUNCTIONS(F) \
	F(new_table) F(table_parse_stream) F(new_iter) F(table_next_fs) F(fs_get_target) \
	F(fs_get_fstype) F(fs_get_id) F(fs_get_parent_id)

#define LIBMOUNT_MEMBER(function) typeof(mnt_##function) *function;
static struct { LIBMOUNT_FUNCTIONS(LIBMOUNT_MEMBER) } lib;
#undef LIBMOUNT_MEMBER

static struct libmnt_table *mountinfo;

/* In the path of every chroot, and without a character that mountinfo writes in another way. */
#define CHROOTS "/firecracker/"

static bool
kernel_tells(void)
{
	struct id_request request = { .size = sizeof(request) };

	return syscall(SYS_listmount, &request, NULL, 0UL, 0U) >= 0 || errno != ENOSYS;
}

/* The lines of the kernel's table that may be of a chroot; of a full host's most are not, and libmount would take as
 * long for those as the kernel does.  Allocated; NULL on error. */
static char *
lines_of_chroots(void)
{
	FILE *all = fopen("/proc/self/mountinfo", "re"), *chosen;
	char *line = NULL, *text = NULL;
	size_t room = 0, size;
	bool whole;

	if (!all)
		return NULL;
	chosen = open_memstream(&text, &size);
	while (chosen && getline(&line, &room, all) > 0)
		if (strstr(line, CHROOTS))
			fputs(line, chosen);
	whole = chosen && feof(all) && !ferror(chosen);
	free(line);
	fclose(all);
	if (chosen && fclose(chosen) == 0 && whole)
		return text;
	free(text);
	return NULL;
}

static int
read_mountinfo(void)
{
	char *text = lines_of_chroots();
	FILE *stream = text ? fmemopen(text, strlen(text), "r") : NULL;
	int rc = -EIO;

	mountinfo = stream ? lib.new_table() : NULL;
	if (mountinfo && lib.table_parse_stream(mountinfo, stream, "mountinfo") == 0)
		rc = 0;
	if (stream)
		fclose(stream);
	free(text);
	return rc;
}

int
mount_table_open(void)
{
	void *library;

	if (kernel_tells())
		return 0;
	library = dlopen(LIBMOUNT_FILE, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return -ELIBACC;
#define LIBMOUNT_LOOK_UP(function) \
	if (!(lib.function = (typeof(lib.function))dlsym(library, "mnt_" #function))) \
		return -ELIBACC;
	LIBMOUNT_FUNCTIONS(LIBMOUNT_LOOK_UP)
#undef LIBMOUNT_LOOK_UP
	return read_mountinfo();
}

/* What of a place is below prefix, or NULL. */
static const char *
below(const char *prefix, const char *place)
{
	size_t length = strlen(prefix);

	return place && strncmp(place, prefix, length) == 0 && place[length] == '/' ? place + length + 1 : NULL;
}

/* What a mount lies in was mounted before it. */
static bool
is_in_fuse(const struct mount_table *table, const struct mounted *one)
{
	for (unsigned i = table->count; i-- > 0;) {
		const struct mounted *parent = &table->each[i];

		if (parent->id == one->parent)
			return parent->lies_in_fuse || (parent->is_fuse && one->length > parent->length);
	}
	return false;
}

static int
add(struct mount_table *table, struct mounted one)
{
	if (table->count == MOUNTS_MAX)
		return -E2BIG;
	one.lies_in_fuse = is_in_fuse(table, &one);
	table->each[table->count++] = one;
	return 0;
}

static union {
	struct statmount_answer answer;
	char bytes[ANSWER_BYTES];
} told;

/* Fills that in: 1, 0 when there is no such mount any more, or -errno. */
static int
ask_of(uint64_t id)
{
	static const size_t room = sizeof(told) - offsetof(struct statmount_answer, text);
	struct id_request request = {
		.size = sizeof(request), .id = id, .param = KIND_WANTED | IDS_WANTED | MOUNT_POINT_WANTED,
	};

	if (syscall(SYS_statmount, &request, &told, sizeof(told), 0U) < 0)
		return errno == ENOENT ? 0 : -errno;
	/* What it does not fill in (the place of one that our root does not reach) is still that of the one before. */
	if (!(told.answer.mask & MOUNT_POINT_WANTED))
		return 0;
	return told.answer.mnt_point < room &&
	       memchr(told.answer.text + told.answer.mnt_point, '\0', room - told.answer.mnt_point) ? 1 : -EPROTO;
}

static int
add_by_id(uint64_t id, struct mount_table *table)
{
	int rc = ask_of(id);
	const char *place = rc > 0 ? below(table->prefix, told.answer.text + told.answer.mnt_point) : NULL;

	if (!place)
		return rc < 0 ? rc : 0;
	return add(table, (struct mounted){
		.id = id, .parent = told.answer.parent, .length = strlen(place),
		.is_fuse = (told.answer.mask & KIND_WANTED) && told.answer.sb_magic == FUSE_SUPER_MAGIC,
	});
}

static int
read_from_kernel(uint64_t inside, struct mount_table *table)
{
	struct id_request request = { .size = sizeof(request), .id = inside };
	uint64_t ids[MOUNTS_MAX];
	long count;
	int rc = 0;

	do {
		count = syscall(SYS_listmount, &request, ids, (unsigned long)MOUNTS_MAX, 0U);
		if (count < 0)
			return -errno;
		for (long i = 0; i < count && rc == 0; i++)
			rc = add_by_id(ids[i], table);
		if (count > 0)
			request.param = ids[count - 1];         /* goes on after that one */
	} while (rc == 0 && count == MOUNTS_MAX);
	return rc;
}

/* fuse, fuseblk, and either with a dot and the name of what serves it. */
static bool
names_fuse(const char *type)
{
	return type && strncmp(type, "fuse", strlen("fuse")) == 0;
}

static int
read_from_table(struct mount_table *table)
{
	struct libmnt_iter *iter = lib.new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int rc = iter ? 0 : -ENOMEM;

	while (rc == 0 && lib.table_next_fs(mountinfo, iter, &fs) == 0) {
		const char *place = below(table->prefix, lib.fs_get_target(fs));

		if (place)
			rc = add(table, (struct mounted){
				.id = (uint64_t)lib.fs_get_id(fs), .parent = (uint64_t)lib.fs_get_parent_id(fs),
				.place = place, .length = strlen(place), .is_fuse = names_fuse(lib.fs_get_fstype(fs)),
			});
	}
	return rc;
}

int
mount_table_read(int inside, const char *prefix, struct mount_table *table)
{
	struct statx status;

	table->prefix = prefix;
	table->count = 0;
	if (mountinfo)
		return read_from_table(table);
	if (statx(inside, "", AT_EMPTY_PATH, UNIQUE_ID_MASK, &status) < 0)
		return -errno;
	if (!(status.stx_mask & UNIQUE_ID_MASK))
		return -ENOSYS;
	return read_from_kernel(status.stx_mnt_id, table);
}

int
mount_table_place(const struct mount_table *table, unsigned which, const char **place)
{
	const struct mounted *mounted = &table->each[which];
	int rc = mounted->place ? 1 : ask_of(mounted->id);

	if (rc <= 0)
		return rc;
	*place = mounted->place ? mounted->place : below(table->prefix, told.answer.text + told.answer.mnt_point);
	return *place != NULL;
}
