/*
 * sudoers-rules.h: what rules of sudoers(5) give one user: aliases are followed, negations heeded.
 *
 * Whatever host a rule is for, whomever it lets the user become and whatever a later one takes back: what a
 * rule gives anywhere, it gives.  Netgroups are nobody's.
 */
#pragma once

#include "sys/membership.h"
#include "sys/sudoers-commands.h"
#include "sys/sudoers-files.h"

struct sudoers_grant {
	enum grant grant;               /* other commands than the program; the program; any command */
	const char *file;
	unsigned line;
	bool one_line;                  /* the rule is all that is on it */
	bool alone;                     /* and is about nobody but the user */
	char group[MEMBERSHIP_NAME_MAX + 1];    /* by which it is about the user, who might leave it; or "" */
};

/* The first of the rules that give most; `program` are the names under which it can be called, and a NULL.
 * 0, or -EFBIG when there are more aliases than anybody has. */
int sudoers_judge(const struct sudoers *all, const struct membership *user, const char *const program[],
		  struct sudoers_grant *out);
