/*
 * sudoers.c: the rules by which the owner gets here, and others by which it would get further.
 */
#include "check/checks.h"
#include "check/report.h"
#include "surface.h"
#include "sys/sudoers-files.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SUDOERS_FILE SUDOERS_DIR "/" SUDOERS_NAME
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

enum { VERBS_MAX = 64 };

/* What is in our file must be what the program would print for this configuration, and no more.  Less is a
 * choice of the host's. */
static void
compare_rules(struct lines *lines, const struct settings *settings)
{
	unsigned count = 0, ruled = 0;
	bool has[VERBS_MAX] = { false };
	char *line;

	while ((line = lines_next(lines))) {
		size_t verb;

		if (*line == '#' || !*line || strcmp(line, SURFACE_SUDO_DEFAULTS) == 0)
			continue;
		verb = verb_of_rule(line, settings);
		if (verb >= VERBS_MAX) {
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

static void
check_other_rules(const struct settings *settings)
{
	struct sudoers_excess excess;
	char command[REPORT_BYTES];
	int rc = sudoers_find_excess(&settings->owner, &excess);

	if (rc == -EACCES) {
		report(UNSEEN, NULL, "the other rules: only root may read them");
		return;
	}
	if (rc <= 0) {
		report(rc < 0 ? WRONG : OK, NULL, rc < 0 ? "what other rules give %s cannot be read" :
		       "no other rule gives %s more", settings->owner.text);
		return;
	}
	snprintf(command, sizeof(command), "sed -i %ud %s", excess.line, excess.file);
	report(WRONG, excess.continued ? NULL : command, "%s, line %u, lets %s %s", excess.file, excess.line,
	       settings->owner.text, excess.everything ? "run any command" : "call " PROGRAM " by other rules");
}

void
check_sudoers(const struct settings *settings)
{
	int rc = sudoers_includes_directory();

	if (settings->owner.uid == 0) {
		report(UNSEEN, NULL, "the rules, without an owner");
		return;
	}
	if (rc == 0)
		report(WRONG, "echo '@includedir " SUDOERS_DIR "' | EDITOR='tee -a' visudo",
		       "/etc/sudoers has no @includedir " SUDOERS_DIR);
	check_our_rules(settings);
	check_other_rules(settings);
}
