/*
 * mount-table: any bytes as what statmount(2) answers, for a few mounts.  An input is, for each of them, two bytes
 * of length, one of what the kernel says it has filled in, one of where the place is, and the text.
 *
 * What must hold: no crash; nothing but what is below the prefix; no path of one mount as that of another.
 */
#include "sys/mount-table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* The linker puts these before the C library's (--wrap). */
long __wrap_syscall(long number, ...);
int __wrap_statx(int directory, const char *path, int flags, unsigned mask, struct statx *status);

/* include/uapi/linux/mount.h of Linux 6.8 */
enum { STATMOUNT = 457, LISTMOUNT = 458, MASK_AT = 8, PLACE_AT = 108, TEXT_AT = 512, HEAD = 4, MOUNTS = 8, PLACE_MAX = 1 << 20 };

static const uint8_t *rest;
static size_t left;
static unsigned told;           /* mounts whose place was filled in */

static long
list(uint64_t *ids)
{
	for (uint64_t i = 0; i < MOUNTS; i++)
		ids[i] = i + 1;
	return MOUNTS;
}

static long
tell(char *answer, size_t room)
{
	size_t length;
	uint64_t mask;
	uint32_t place;

	if (left < HEAD) {
		errno = ENOENT;
		return -1;
	}
	length = (size_t)rest[0] << 8 | rest[1];
	mask = rest[2];
	place = (uint32_t)rest[3] << (rest[3] < 128 ? 0 : 24);
	rest += HEAD;
	left -= HEAD;
	length = length < left ? length : left;
	length = length < room - TEXT_AT ? length : room - TEXT_AT;
	memset(answer, 0, TEXT_AT);
	memcpy(answer + MASK_AT, &mask, sizeof(mask));
	memcpy(answer + PLACE_AT, &place, sizeof(place));
	memcpy(answer + TEXT_AT, rest, length);
	rest += length;
	left -= length;
	told += (mask & 0x10) != 0;
	return 0;
}

long
__wrap_syscall(long number, ...)
{
	va_list args;
	long rc = -1;

	va_start(args, number);
	(void)va_arg(args, void *);
	if (number == LISTMOUNT) {
		rc = list(va_arg(args, uint64_t *));
	} else if (number == STATMOUNT) {
		char *answer = va_arg(args, char *);

		rc = tell(answer, va_arg(args, size_t));
	} else {
		errno = ENOSYS;
	}
	va_end(args);
	return rc;
}

int
__wrap_statx(int directory, const char *path, int flags, unsigned mask, struct statx *status)
{
	(void)directory;
	(void)path;
	(void)flags;
	*status = (struct statx){ .stx_mask = mask, .stx_mnt_id = 1 };
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mount_table table;
	const char *place;
	int rc;

	rest = data;
	left = size;
	told = 0;
	rc = mount_table_read(0, "/srv/jail", &table);
	if (rc != 0 && rc != -E2BIG && rc != -EPROTO)
		abort();
	if (table.count > told)
		abort();
	/* Asked once more, of each the same may be said or something else. */
	rest = data;
	left = size;
	for (unsigned i = 0; i < table.count; i++) {
		rc = mount_table_place(&table, i, &place);
		if ((rc != 0 && rc != 1 && rc != -EPROTO) || (rc == 1 && strnlen(place, PLACE_MAX) == PLACE_MAX))
			abort();
	}
	return 0;
}
