/*
 * id-range.c: reads /etc/subuid, /etc/subgid and /etc/passwd.
 */
#include "sys/id-range.h"

#include "sys/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As priv.conf(5) shows it; the last possible one ends below 2^31. */
enum { FIRST_TRIED = 1900000000, RANGE_IDS = 65536, TRIES = 1000 };

static struct lines file;

static bool
overlaps(const struct id_range *range, unsigned long first, unsigned long count)
{
	return count > 0 && first <= range->last && first + count - 1 >= range->first;
}

/* Of a line's fields, which colons divide; 0 for what is no number, like root's ids. */
static unsigned long
number_at(const char *line, unsigned field)
{
	for (; field > 0 && line; field--) {
		line = strchr(line, ':');
		line = line ? line + 1 : NULL;
	}
	return line ? strtoul(line, NULL, 10) : 0;
}

/* NAME:FIRST:COUNT */
static int
taken_below(const char *path, const struct id_range *range, char *out, size_t size)
{
	int rc = lines_read(AT_FDCWD, path, &file);
	char *line;

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	while ((line = lines_next(&file))) {
		unsigned long first = number_at(line, 1), count = number_at(line, 2);

		if (overlaps(range, first, count)) {
			snprintf(out, size, "line %u of %s", file.number, path);
			return 1;
		}
	}
	return 0;
}

/* NAME:PASSWORD:UID:GID:... */
static int
taken_by_account(const struct id_range *range, bool gids, char *out, size_t size)
{
	int rc = lines_read(AT_FDCWD, "/etc/passwd", &file);
	char *line;

	if (rc < 0)
		return rc;
	while ((line = lines_next(&file))) {
		if (overlaps(range, number_at(line, gids ? 3 : 2), 1)) {
			snprintf(out, size, "line %u of /etc/passwd", file.number);
			return 1;
		}
	}
	return 0;
}

int
id_range_taken(const struct id_range *range, bool gids, char *out, size_t size)
{
	int rc = taken_below(gids ? "/etc/subgid" : "/etc/subuid", range, out, size);

	return rc == 0 ? taken_by_account(range, gids, out, size) : rc;
}

int
id_range_free(struct id_range *out)
{
	char who[64];

	for (unsigned i = 0; i < TRIES; i++) {
		int uids, gids;

		out->first = FIRST_TRIED + i * RANGE_IDS;
		out->last = out->first + RANGE_IDS - 1;
		uids = id_range_taken(out, false, who, sizeof(who));
		gids = uids == 0 ? id_range_taken(out, true, who, sizeof(who)) : 0;
		if (uids < 0 || gids < 0)
			return uids < 0 ? uids : gids;
		if (uids == 0 && gids == 0)
			return 0;
	}
	return -ENOENT;
}
