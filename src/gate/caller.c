/*
 * caller.c: who may call.
 *
 * sudo overwrites SUDO_UID with the uid of who typed the command; a root that came another way
 * (cron, a shell, doas) has none, or one that names an ordinary user and is then held to it.
 */
#include "gate/gate.h"

enum reason
gate_caller(uid_t effective, const char *sudo_uid, const struct settings *settings)
{
	uint64_t uid;

	if (effective != 0)
		return REASON_CALLER;
	if (!sudo_uid)
		return REASON_NONE;
	if (!gate_number(sudo_uid, 0, INT32_MAX, &uid))
		return REASON_CALLER;
	if (uid == 0 || (settings->owner.uid != 0 && uid == settings->owner.uid))
		return REASON_NONE;
	for (unsigned i = 0; i < settings->admins.count; i++)
		if (settings->admins.each[i].uid != 0 && uid == settings->admins.each[i].uid)
			return REASON_NONE;
	return REASON_CALLER;
}
