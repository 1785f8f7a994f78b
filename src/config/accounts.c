/*
 * accounts.c: /etc/passwd, read once.
 */
#include "config/accounts.h"

#include "gate/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry { const char *name; uint64_t uid, gid; };

/* name:password:uid:gid:...; passwd(5).  fgetpwent(3) asks the kernel twice per line where it is. */
static bool
read_entry(char *line, struct entry *entry)
{
	const char *uid, *gid;

	entry->name = strsep(&line, ":");
	(void)strsep(&line, ":");
	uid = strsep(&line, ":");
	gid = strsep(&line, ":");
	return line && gate_number(uid, 0, UINT32_MAX - 1, &entry->uid) &&
	       gate_number(gid, 0, UINT32_MAX - 1, &entry->gid);
}

static void
note(struct account *account, const struct entry *entry)
{
	bool numeric = account->text[0] >= '0' && account->text[0] <= '9';

	if (numeric ? account->uid == entry->uid : strcmp(account->text, entry->name) == 0) {
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
	if (account->gid == 0)
		account->gid = account->uid;
	return true;
}

bool
accounts_look_up(struct settings *settings, char *why, size_t why_size)
{
	FILE *passwd = fopen("/etc/passwd", "re");
	struct account *admins = settings->admins.each;
	struct entry entry;
	char *line = NULL;
	size_t size = 0;

	if (!passwd) {
		snprintf(why, why_size, "/etc/passwd cannot be opened");
		return false;
	}
	while (getline(&line, &size, passwd) > 0) {
		if (!read_entry(line, &entry))
			continue;
		note(&settings->owner, &entry);
		for (unsigned i = 0; i < settings->admins.count; i++)
			note(&admins[i], &entry);
	}
	free(line);
	fclose(passwd);
	if (!is_known(&settings->owner, "owner", why, why_size))
		return false;
	for (unsigned i = 0; i < settings->admins.count; i++)
		if (!is_known(&admins[i], "admins:", why, why_size))
			return false;
	if (settings->vm_uid.first == 0)
		settings->vm_uid = (struct id_range){ settings->owner.uid, settings->owner.uid };
	if (settings->vm_gid.first == 0)
		settings->vm_gid = (struct id_range){ settings->owner.gid, settings->owner.gid };
	return true;
}
