/*
 * dm.c: one request at a time, in one buffer.
 */
#include "sys/dm.h"

#include "keep.h"
#include "sys/patience.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TAG "BANGER-"

enum { CHUNK_SECTORS = 8, PARAMETERS_BYTES = 256 };

struct request {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[PARAMETERS_BYTES];
};

int
dm_control_open(void)
{
	struct stat status;
	int fd = open("/dev/mapper/control", O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(10, 236))
		rc = -ENXIO;
	else if (fd != FD_DM && dup3(fd, FD_DM, O_CLOEXEC) < 0)
		rc = -errno;
	if (fd != FD_DM)
		close(fd);
	return rc;
}

/* The kernel looks for the uuid, or for the name; to both at once it says that there is none. */
static void
begin(struct request *request, const char *name, const char *uuid)
{
	*request = (struct request){
		.head = {
			.version = { DM_VERSION_MAJOR, 0, 0 },
			.data_size = sizeof(*request),
			.data_start = offsetof(struct request, target),
		},
	};
	snprintf(request->head.name, sizeof(request->head.name), "%s", name);
	snprintf(request->head.uuid, sizeof(request->head.uuid), "%s", uuid);
}

static int
talk(unsigned long command, struct request *request)
{
	return ioctl(FD_DM, command, request) < 0 ? -errno : 0;
}

static void
read_answer(const struct request *request, struct dm *out)
{
	/* huge_encode_dev of the kernel: 12 bits of major, 20 of minor. */
	unsigned device = (unsigned)request->head.dev;

	*out = (struct dm){
		.device = makedev((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00)),
		.open_count = request->head.open_count,
	};
	memcpy(out->uuid, request->head.uuid, sizeof(out->uuid) - 1);
}

int
dm_find(const struct dm_name *name, struct dm *out)
{
	struct request request;
	int rc;

	begin(&request, name->text, "");
	rc = talk(DM_DEV_STATUS, &request);
	if (rc == 0)
		read_answer(&request, out);
	return rc;
}

bool
dm_is_ours(const struct dm *dm, const struct dm_name *name)
{
	size_t length = strlen(name->text);
	const char *rest = dm->uuid + strlen(TAG);

	return strncmp(dm->uuid, TAG, strlen(TAG)) == 0 &&
	       strncmp(rest, name->text, length) == 0 && (!rest[length] || rest[length] == ':');
}

enum cow
dm_look_at_cow(const unsigned char bytes[COW_HEAD_BYTES])
{
	static const unsigned char zeroes[COW_HEAD_BYTES];
	/* disk_header of drivers/md/dm-snap-persistent.c, little-endian. */
	struct { uint32_t magic, valid, version, chunk_sectors; } header;

	if (memcmp(bytes, zeroes, sizeof(zeroes)) == 0)
		return COW_FRESH;
	memcpy(&header, bytes, sizeof(header));
	if (le32toh(header.magic) != 0x70416e53 /* "SnAp" */ || le32toh(header.version) != 1 ||
	    le32toh(header.chunk_sectors) != CHUNK_SECTORS)
		return COW_FOREIGN;
	return header.valid ? COW_SNAPSHOT : COW_OVERFLOWED;
}

int
dm_create(const struct dm_name *name, const char *vm, struct dm *out)
{
	struct request request;
	char uuid[DM_UUID_LEN];
	int rc;

	snprintf(uuid, sizeof(uuid), TAG "%s%s%s", name->text, *vm ? ":" : "", vm);
	begin(&request, name->text, uuid);
	rc = talk(DM_DEV_CREATE, &request);
	if (rc == 0)
		read_answer(&request, out);
	return rc;
}

int
dm_start_snapshot(const struct dm *dm, uint64_t sectors, dev_t base, dev_t cow)
{
	struct request request;
	int rc;

	begin(&request, "", dm->uuid);
	request.head.target_count = 1;
	request.target.length = sectors;
	snprintf(request.target.target_type, sizeof(request.target.target_type), "snapshot");
	snprintf(request.parameters, sizeof(request.parameters), "%u:%u %u:%u P %d", major(base),
		 minor(base), major(cow), minor(cow), CHUNK_SECTORS);
	rc = talk(DM_TABLE_LOAD, &request);
	if (rc < 0)
		return rc;
	begin(&request, "", dm->uuid);
	return talk(DM_DEV_SUSPEND, &request);          /* without DM_SUSPEND_FLAG: resumes */
}

static int
open_directory(void)
{
	int fd = open("/dev/mapper", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Whether a device of that number is a mapping, or there is none (any more). */
static bool
is_mapping_or_nothing(dev_t device)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dm", major(device), minor(device));
	if (stat(path, &status) == 0)
		return true;
	*strrchr(path, '/') = '\0';
	return stat(path, &status) < 0 && errno == ENOENT;
}

/* A node of device-mapper's, or udev's link to one.  Whichever mapping it leads to, the name in
 * /dev/mapper is that of the mapping which has it. */
static bool
is_node(int directory, const char *name)
{
	static const char beginning[] = "../dm-";
	char target[sizeof(beginning)];
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (S_ISBLK(status.st_mode))
		return is_mapping_or_nothing(status.st_rdev);
	return S_ISLNK(status.st_mode) &&
	       readlinkat(directory, name, target, sizeof(target)) == sizeof(target) &&
	       memcmp(target, beginning, strlen(beginning)) == 0;
}

int
dm_remove_node(const struct dm_name *name)
{
	int directory = open_directory();
	int rc = 0;

	if (directory < 0)
		return directory;
	if (is_node(directory, name->text) && unlinkat(directory, name->text, 0) < 0 && errno != ENOENT)
		rc = -errno;
	close(directory);
	return rc;
}

int
dm_make_node(const struct dm_name *name, const struct dm *dm)
{
	int directory = open_directory();
	int rc = directory < 0 ? directory : -EEXIST;

	/* Stale, or udev's: ours takes its place, so that the name is there when the verb is done. */
	for (int tries = 0; rc == -EEXIST && tries < 4; tries++) {
		rc = mknodat(directory, name->text, S_IFBLK | 0600, dm->device) < 0 ? -errno : 0;
		if (rc == -EEXIST)
			(void)dm_remove_node(name);
	}
	if (directory >= 0)
		close(directory);
	return rc;
}

/* The node goes first: a kill between the two leaves a mapping, which cleanup finds, and never a
 * node that leads to whatever gets the number next. */
static int
remove_now(const struct dm_name *name, const struct dm *dm)
{
	struct request request;
	int rc = dm_remove_node(name);

	if (rc < 0)
		return rc;
	begin(&request, "", dm->uuid);
	rc = talk(DM_DEV_REMOVE, &request);
	if (rc == -EBUSY)
		(void)dm_make_node(name, dm);
	return rc;
}

int
dm_remove(const struct dm_name *name, const struct dm *dm, int timeout_ms)
{
	struct patience patience = patience_of(timeout_ms);
	struct request request;
	int rc;

	do {
		begin(&request, "", dm->uuid);
		rc = talk(DM_DEV_STATUS, &request);
		if (rc == 0)
			rc = request.head.open_count > 0 ? -EBUSY : remove_now(name, dm);
	} while (rc == -EBUSY && patience_left(&patience));
	return rc == -ENXIO ? 0 : rc;
}
