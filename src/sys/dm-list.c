/*
 * dm-list.c: all mappings, in one request.
 */
#include "sys/dm.h"

#include "keep.h"

#include <errno.h>
#include <string.h>

enum { LIST_BYTES = 512 * 1024, ALIGNMENT = 8 };

static const char tag[] = "BANGER-";

static bool is_there;

int
dm_control_open_if_any(void)
{
	int rc = dm_control_open();

	is_there = rc == 0;
	return rc == -ENOENT || rc == -ENODEV || rc == -ENXIO ? 0 : rc;
}

bool
dm_is_there(void)
{
	return is_there;
}

const char *
dm_vm(const struct dm *dm)
{
	const char *colon = strchr(dm->uuid, ':');

	return colon ? colon + 1 : "";
}

static size_t
align(size_t at)
{
	return (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Of the kernel's record at `at`: whether it is one of ours, by both name and uuid. */
static bool
read_record(const char *list, size_t at, struct dm_name *name, struct dm *dm)
{
	const struct dm_name_list *record = (const void *)(list + at);
	size_t length = strlen(record->name), begins = offsetof(struct dm_name_list, name);
	const uint32_t *flags = (const void *)(list + align(at + begins + length + 1) + sizeof(uint32_t));
	const char *uuid = (const char *)(flags + 1);

	*name = (struct dm_name){ 0 };
	*dm = (struct dm){ 0 };
	if (length > DM_NAME_MAX || !(*flags & DM_NAME_LIST_FLAG_HAS_UUID) ||
	    strncmp(uuid, tag, strlen(tag)) != 0)
		return false;
	memcpy(name->text, record->name, length);
	memcpy(dm->uuid, uuid, strnlen(uuid, sizeof(dm->uuid) - 1));
	return dm_is_ours(dm, name);
}

int
dm_each(int (*each)(const struct dm_name *name, const struct dm *dm, void *data), void *data)
{
	static union {
		struct dm_ioctl head;
		char bytes[LIST_BYTES];
	} list;
	size_t at;
	int rc = 0;

	list.head = (struct dm_ioctl){
		.version = { DM_VERSION_MAJOR, 0, 0 }, .data_size = sizeof(list),
		.data_start = sizeof(list.head), .flags = DM_UUID_FLAG,
	};
	if (ioctl(FD_DM, DM_LIST_DEVICES, &list) < 0)
		return -errno;
	if (list.head.flags & DM_BUFFER_FULL_FLAG)
		return -EMSGSIZE;
	at = list.head.data_start;
	/* A host without mappings has one record, of device 0. */
	while (rc == 0 && ((const struct dm_name_list *)(const void *)(list.bytes + at))->dev != 0) {
		uint32_t next = ((const struct dm_name_list *)(const void *)(list.bytes + at))->next;
		struct dm_name name;
		struct dm dm;

		if (read_record(list.bytes, at, &name, &dm))
			rc = each(&name, &dm, data);
		if (next == 0)
			break;
		at += next;
	}
	return rc;
}
