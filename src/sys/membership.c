/*
 * membership.c: lines of names, numbers and members.
 */
#include "sys/membership.h"

#include "gate/gate.h"
#include "sys/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static bool
is_number(const char *text, uint64_t number)
{
	uint64_t value;

	return text && gate_number(text, 0, UINT32_MAX - 1, &value) && value == number;
}

/* NAME:PASSWORD:UID:...; the first of those that have the uid, as sudo takes it. */
static int
find_name(const struct account *account, struct membership *out, struct lines *lines)
{
	int rc = lines_read(AT_FDCWD, "/etc/passwd", lines);
	char *line;

	snprintf(out->name, sizeof(out->name), "%s", account->text);
	while (rc == 0 && (line = lines_next(lines))) {
		const char *name = strsep(&line, ":");

		(void)strsep(&line, ":");
		if (!is_number(strsep(&line, ":"), account->uid))
			continue;
		snprintf(out->name, sizeof(out->name), "%s", name);
		break;
	}
	return rc;
}

static bool
has_member(char *members, const char *name)
{
	const char *each;

	while ((each = strsep(&members, ",")))
		if (strcmp(each, name) == 0)
			return true;
	return false;
}

/* NAME:PASSWORD:GID:MEMBER,MEMBER */
static int
find_groups(const struct account *account, struct membership *out, struct lines *lines)
{
	int rc = lines_read(AT_FDCWD, "/etc/group", lines);
	char *line;

	while (rc == 0 && (line = lines_next(lines))) {
		const char *name = strsep(&line, ":"), *gid;
		bool own;
		uint64_t number;

		(void)strsep(&line, ":");
		gid = strsep(&line, ":");
		if (!gid || !gate_number(gid, 0, UINT32_MAX - 1, &number))
			continue;
		own = number == account->gid;
		if (!own && !has_member(line, out->name))
			continue;
		if (out->count == MEMBERSHIP_GROUPS_MAX)
			return -EFBIG;
		snprintf(out->groups[out->count].name, sizeof(out->groups[0].name), "%s", name);
		out->groups[out->count].gid = (gid_t)number;
		out->groups[out->count++].own = own;
	}
	return rc;
}

int
membership_of(const struct account *account, struct membership *out)
{
	static struct lines lines;
	int rc;

	*out = (struct membership){ .uid = account->uid };
	rc = find_name(account, out, &lines);
	return rc < 0 ? rc : find_groups(account, out, &lines);
}
