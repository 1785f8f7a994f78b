/*
 * sudoers.c: the rules by which the owner gets here, and others by which it would get further.
 */
#include "check/checks.h"
#include "check/report.h"
#include "surface.h"
#include "sys/membership.h"
#include "sys/sudoers-files.h"
#include "sys/sudoers-rules.h"
#include "sys/sudoers-words.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SUDOERS_COMMAND \
	PROGRAM " sudoers | install -D -o root -g root -m 0440 /dev/stdin " SUDOERS_FILE

static bool
is_among(const char *line, const char *rules)
{
	size_t length = strlen(line);

	for (; *rules; rules += strcspn(rules, "\n") + 1)
		if (strncmp(rules, line, length) == 0 && rules[length] == '\n')
			return true;
	return false;
}

/* Which verb's rule the line is, in either form; SIZE_MAX for none. */
static size_t
verb_of_rule(const char *line, const struct settings *settings)
{
	static char rules[2 * PATH_MAX];

	for (size_t i = 0; verbs[i]; i++)
		for (int portable = 0; portable <= 1; portable++) {
			surface_rules(verbs[i], portable, settings, rules, sizeof(rules));
			if (is_among(line, rules))
				return i;
		}
	return SIZE_MAX;
}

/* What is in our file must be what the program would print for this configuration, and no more.  Less is a
 * choice of the host's. */
static void
compare_rules(struct lines *lines, const struct settings *settings)
{
	unsigned count = 0, ruled = 0;
	bool has[VERBS] = { false };
	char *line;

	while ((line = lines_next(lines))) {
		size_t verb;

		if (sudoers_is_comment(line) || !*line || strcmp(line, SURFACE_SUDO_DEFAULTS) == 0)
			continue;
		verb = verb_of_rule(line, settings);
		if (verb >= VERBS) {
			report(WRONG, SUDOERS_COMMAND, SUDOERS_FILE ": line %u is not a rule of this version for "
			       "the owner %s", lines->number, settings->owner.text);
			return;
		}
		has[verb] = true;
	}
	for (; verbs[count]; count++)
		ruled += has[count];
	if (ruled < count)
		report(NOTE, SUDOERS_COMMAND, SUDOERS_FILE ": %s may call %u of %u verbs", settings->owner.text,
		       ruled, count);
	else
		report(OK, NULL, SUDOERS_FILE ": %s may call every verb", settings->owner.text);
}

static void
check_our_rules(const struct settings *settings)
{
	static struct lines lines;
	struct stat status;
	size_t bad = 0;
	int rc = sudoers_read_ours(&lines, &status, &bad);

	if (rc == -ENOENT)
		report(WRONG, SUDOERS_COMMAND, SUDOERS_FILE " is not there");
	else if (rc < 0 && !(rc == -EPERM && bad == strlen(SUDOERS_FILE)))
		report_untrusted(rc, SUDOERS_FILE, bad);
	else if (rc < 0 || (status.st_mode & 07777) != 0440 || status.st_gid != 0)
		report(WRONG, "chown root:root " SUDOERS_FILE " && chmod 0440 " SUDOERS_FILE,
		       SUDOERS_FILE " is not root:root with mode 0440");
	else
		compare_rules(&lines, settings);
}

/* What takes the rule from the owner, and from nobody else: a group may be left, a rule that is the owner's alone
 * becomes a comment, and the rest is for an editor. */
static void
take_back(const struct sudoers_grant *grant, const char *owner, char *command, size_t size)
{
	if (grant->group[0])
		snprintf(command, size, "gpasswd --delete %s %s", owner, grant->group);
	else if (grant->alone && grant->one_line)
		snprintf(command, size, "sed -i '%us/^/# /' %s", grant->line, grant->file);
	else
		snprintf(command, size, "visudo -f %s", grant->file);
}

static void
report_grant(const struct sudoers_grant *grant, const char *owner)
{
	char command[REPORT_BYTES];

	take_back(grant, owner, command, sizeof(command));
	if (grant->grant == GRANT_NOTHING)
		report(OK, NULL, "no other rule gives %s more", owner);
	else if (grant->grant == GRANT_OTHERS)
		report(NOTE, NULL, "%s, line %u, lets %s run other commands too; who may start a shell, an editor, ip, "
		       "mount or rm as root is root", grant->file, grant->line, owner);
	else
		report(WRONG, command, "%s, line %u, lets %s %s", grant->file, grant->line, owner,
		       grant->grant == GRANT_ANYTHING ? "run any command" : "call " PROGRAM " by other rules");
}

static void
check_other_rules(const struct settings *settings)
{
	/* Where /sbin is /usr/sbin, both are the program's. */
	static const char *const program[] = { PROGRAM, "/sbin/" SUDOERS_NAME, NULL };
	static struct sudoers others;
	static struct membership owner;
	struct sudoers_grant grant = { 0 };
	int rc = sudoers_read_others(&others);

	if (rc == 0 && !others.includes_ours)
		report(WRONG, "echo '@includedir " SUDOERS_DIR "' | EDITOR='tee -a' visudo",
		       "/etc/sudoers has no @includedir " SUDOERS_DIR);
	if (rc == 0)
		rc = membership_of(&settings->owner, &owner);
	if (rc == 0)
		rc = sudoers_judge(&others, &owner, program, &grant);
	if (rc == -EACCES)
		report(UNSEEN, NULL, "the other rules: only root may read them");
	else if (rc < 0)
		report(WRONG, NULL, "what other rules give %s cannot be read: %s", settings->owner.text,
		       strerrordesc_np(-rc));
	else
		report_grant(&grant, owner.name);
}

void
check_sudoers(const struct settings *settings)
{
	if (settings->owner.uid == 0) {
		report(UNSEEN, NULL, "the rules, without an owner");
		return;
	}
	check_our_rules(settings);
	check_other_rules(settings);
}
