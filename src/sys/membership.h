/*
 * membership.h: who a user is by /etc/passwd and /etc/group.
 */
#pragma once

#include "gate/settings.h"

enum { MEMBERSHIP_NAME_MAX = 32, MEMBERSHIP_GROUPS_MAX = 128 };

struct membership {
	char name[MEMBERSHIP_NAME_MAX + 1];
	uid_t uid;
	unsigned count;
	struct {
		char name[MEMBERSHIP_NAME_MAX + 1];
		gid_t gid;
		bool own;               /* that of its entry in /etc/passwd */
	} groups[MEMBERSHIP_GROUPS_MAX];
};

/* The account's name, which may have been given as a number, and its groups.  0, or -errno. */
int membership_of(const struct account *account, struct membership *out);
