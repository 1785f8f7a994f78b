/*
 * accounts.c: /etc/passwd, read once.
 */
#include "config/accounts.h"

#include "gate/gate.h"
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 16 * 1024 };

/* A piece of the file.  Not stdio's: that begins with a heap, and costs more than all the rest of this. */
static struct {
	char text[LINE_BYTES + 1];
	size_t at, length;
} piece;

/* What was not looked at moves to the front, and more comes behind it: how much, or -errno. */
static ssize_t
read_more(int fd)
{
	ssize_t got;

	piece.length -= piece.at;
	memmove(piece.text, piece.text + piece.at, piece.length);
	piece.at = 0;
	if (piece.length == LINE_BYTES)
		return -EFBIG;
	got = read(fd, piece.text + piece.length, LINE_BYTES - piece.length);
	if (got < 0)
		return -errno;
	piece.length += (size_t)got;
	return got;
}

/* NULL at the end; *rc is 0 then, or -errno. */
static char *
next_line(int fd, ssize_t *rc)
{
	char *line, *end;

	do {
		line = piece.text + piece.at;
		end = memchr(line, '\n', piece.length - piece.at);
		*rc = end ? 0 : read_more(fd);
	} while (*rc > 0);
	if (!end) {
		line = piece.text;
		end = piece.text + piece.length;
	}
	if (*rc < 0 || line == piece.text + piece.length)
		return NULL;
	*end = '\0';
	piece.at = (size_t)(end - piece.text) + (end < piece.text + piece.length);
	return line;
}

struct entry { const char *name; uint64_t uid, gid; };

/* The text up to the next colon, or NULL when there is none. */
static const char *
next_field(char **line)
{
	char *field = *line, *colon = strchr(field, ':');

	if (!colon)
		return NULL;
	*colon = '\0';
	*line = colon + 1;
	return field;
}

/* name:password:uid:gid:...; passwd(5).  fgetpwent(3) asks the kernel twice per line where it is. */
static bool
read_entry(char *line, struct entry *entry)
{
	const char *uid, *gid;

	return (entry->name = next_field(&line)) && next_field(&line) && (uid = next_field(&line)) &&
	       (gid = next_field(&line)) && gate_number(uid, 0, UINT32_MAX - 1, &entry->uid) &&
	       gate_number(gid, 0, UINT32_MAX - 1, &entry->gid);
}

/* Of several the first, as NSS has it, and sudo by it. */
static void
note(struct account *account, const struct entry *entry)
{
	bool numeric = account->text[0] >= '0' && account->text[0] <= '9';

	if (account->listed)
		return;
	if (numeric ? account->uid == entry->uid : strcmp(account->text, entry->name) == 0) {
		account->listed = true;
		account->uid = (uid_t)entry->uid;
		account->gid = (gid_t)entry->gid;
	}
}

static bool
is_known(struct account *account, const char *key, char *why, size_t why_size)
{
	if (account->uid == 0) {
		snprintf(why, why_size, "%s %s is not in /etc/passwd, or is root", key, account->text);
		return false;
	}
	if (account->uid == NOBODY) {
		snprintf(why, why_size, "%s %s has uid %d, as whom much of this program runs; give a user of its own", key,
			 account->text, NOBODY);
		return false;
	}
	if (!account->listed)
		account->gid = account->uid;
	return true;
}

static bool
has_roots_group(const struct account *owner, char *why, size_t why_size)
{
	if (owner->gid == 0)
		snprintf(why, why_size, "owner %s has root's group; give it one of its own with usermod --gid", owner->text);
	return owner->gid == 0;
}

bool
accounts_look_up(struct settings *settings, char *why, size_t why_size)
{
	struct account *admins = settings->admins.each;
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	struct entry entry;
	ssize_t rc = -1;
	char *line;

	piece.at = piece.length = 0;
	while (fd >= 0 && (line = next_line(fd, &rc))) {
		if (!read_entry(line, &entry))
			continue;
		note(&settings->owner, &entry);
		for (unsigned i = 0; i < settings->admins.count; i++)
			note(&admins[i], &entry);
	}
	if (fd >= 0)
		close(fd);
	if (rc < 0) {
		snprintf(why, why_size, "/etc/passwd cannot be read, or has a line of more than %d bytes", LINE_BYTES);
		return false;
	}
	if (!is_known(&settings->owner, "owner", why, why_size) || has_roots_group(&settings->owner, why, why_size)) {
		settings->owner.uid = 0;
		return false;
	}
	for (unsigned i = 0; i < settings->admins.count; i++)
		if (!is_known(&admins[i], "admins:", why, why_size))
			return false;
	if (settings->vm_uid.first == 0)
		settings->vm_uid.first = settings->vm_uid.last = settings->owner.uid;
	if (settings->vm_gid.first == 0)
		settings->vm_gid.first = settings->vm_gid.last = settings->owner.gid;
	return true;
}
