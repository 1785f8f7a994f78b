/*
 * dm.c: one request at a time, in one buffer.
 */
#include "sys/dm.h"

#include "keep.h"
#include "sys/device.h"
#include "sys/dm-node.h"
#include "sys/patience.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TAG "BANGER-"

enum { CHUNK_SECTORS = 8, PARAMETERS_BYTES = 256 };

/* Where the kernel chooses a number, it takes the lowest that is free of its 20 bits: the upper half is
 * never reached, and ours. */
enum { OUR_MINORS = 1 << 19, NUMBERS_TRIED = 16 };

struct request {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[PARAMETERS_BYTES];
};

int
dm_control_open(void)
{
	return device_open(&device_mapper_control, FD_DM);
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

/* The number's minor, as huge_encode_dev of the kernel has it, without the major. */
static uint64_t
encode_minor(unsigned number)
{
	return (number & 0xff) | (uint64_t)(number & ~0xffU) << 12;
}

int
dm_create(const struct dm_name *name, const char *vm, uint64_t serial, struct dm *out)
{
	struct request request;
	char uuid[DM_UUID_LEN];
	int rc = -EBUSY;

	snprintf(uuid, sizeof(uuid), TAG "%s%s%s", name->text, *vm ? ":" : "", vm);
	for (unsigned tries = 0; rc == -EBUSY && tries < NUMBERS_TRIED; tries++) {
		begin(&request, name->text, uuid);
		request.head.flags = DM_PERSISTENT_DEV_FLAG;
		request.head.dev = encode_minor(OUR_MINORS + (unsigned)((serial + tries) % OUR_MINORS));
		rc = talk(DM_DEV_CREATE, &request);
	}
	if (rc == 0)
		read_answer(&request, out);
	return rc;
}

/* The kernel goes by the size of chunks that stands in the cow, whatever the table says, and takes memory for three
 * of them: its owner may have changed that since it was looked at. */
static int
check_table(const struct dm *dm, const char *table)
{
	struct request request;
	int rc;

	begin(&request, "", dm->uuid);
	request.head.flags = DM_STATUS_TABLE_FLAG | DM_QUERY_INACTIVE_TABLE_FLAG;
	rc = talk(DM_TABLE_STATUS, &request);
	if (rc == 0 && (request.head.target_count != 1 || strcmp(request.parameters, table) != 0))
		rc = -ESTALE;
	return rc;
}

int
dm_start_snapshot(const struct dm *dm, uint64_t sectors, dev_t base, dev_t cow)
{
	struct request request;
	char table[PARAMETERS_BYTES];
	int rc;

	snprintf(table, sizeof(table), "%u:%u %u:%u P %d", major(base), minor(base), major(cow), minor(cow),
		 CHUNK_SECTORS);
	begin(&request, "", dm->uuid);
	request.head.target_count = 1;
	request.target.length = sectors;
	snprintf(request.target.target_type, sizeof(request.target.target_type), "snapshot");
	snprintf(request.parameters, sizeof(request.parameters), "%s", table);
	rc = talk(DM_TABLE_LOAD, &request);
	if (rc == 0)
		rc = check_table(dm, table);
	if (rc < 0)
		return rc;
	begin(&request, "", dm->uuid);
	return talk(DM_DEV_SUSPEND, &request);          /* without DM_SUSPEND_FLAG: resumes */
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
		(void)dm_make_node(name, dm->device);
	return rc;
}

int
dm_remove(const struct dm_name *name, const struct dm *dm, int timeout_ms)
{
	struct patience patience = patience_of(timeout_ms, "the mapping to be closed");
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

int
dm_open(const struct dm_name *name, int flags, struct dm *out)
{
	struct dm before;
	int rc = dm_find(name, &before), fd;

	if (rc < 0)
		return rc;
	if (!dm_is_ours(&before, name))
		return -EPERM;
	fd = dm_open_node(name, before.device, flags);
	if (fd < 0)
		return fd;
	/* While the descriptor is open the mapping cannot go, nor its number become another's. */
	rc = dm_find(name, out);
	if (rc == 0 && (out->device != before.device || strcmp(out->uuid, before.uuid) != 0))
		rc = -ENXIO;
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : fd;
}
