/*
 * accounts.c: /etc/passwd, read once.
 */
#include "config/accounts.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

static void
note(struct account *account, const struct passwd *entry)
{
	bool numeric = account->text[0] >= '0' && account->text[0] <= '9';

	if (numeric ? account->uid == entry->pw_uid : strcmp(account->text, entry->pw_name) == 0) {
		account->uid = entry->pw_uid;
		account->gid = entry->pw_gid;
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
	struct passwd *entry;

	if (!passwd) {
		snprintf(why, why_size, "/etc/passwd cannot be opened");
		return false;
	}
	while ((entry = fgetpwent(passwd))) {
		note(&settings->owner, entry);
		for (unsigned i = 0; i < settings->admins.count; i++)
			note(&admins[i], entry);
	}
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
