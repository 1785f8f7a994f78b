/*
 * udev.c: whether udev leaves alone what guests and the owner wrote: data/udev.rules.in.
 */
#include "check/checks.h"
#include "check/report.h"
#include "sys/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define RULES "/udev/rules.d/09-banger-priv.rules"

/* The first that is there is the one that udev reads (udev(7)). */
static const char *const places[] = { "/etc" RULES, "/run" RULES, "/usr/local/lib" RULES, "/usr/lib" RULES };

static bool
has_line(struct lines *lines, const char *rule)
{
	char *line;

	while ((line = lines_next(lines)))
		if (line[0] != '#' && strstr(line, rule))
			return true;
	return false;
}

void
check_udev(const struct settings *settings)
{
	static struct lines lines;
	const char *state = settings->state_dir.text, *place;
	char command[REPORT_BYTES], rule[sizeof(settings->state_dir.text) + 32];
	struct stat status;
	int rc = -ENOENT;

	if (fstatat(AT_FDCWD, "/run/udev/control", &status, AT_SYMLINK_NOFOLLOW) < 0) {
		report(OK, NULL, "does not run here");
		return;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && rc == -ENOENT; i++)
		rc = lines_read(AT_FDCWD, place = places[i], &lines);
	snprintf(rule, sizeof(rule), "ATTR{loop/backing_file}==\"%s/*\"", state);
	snprintf(command, sizeof(command), "sed 's|backing_file}==\"[^\"]*\"|backing_file}==\"%s/*\"|' /usr/lib" RULES
		 " | install -D -m 0644 /dev/stdin /etc" RULES " && udevadm control --reload", state);
	if (rc == -ENOENT)
		report(WRONG, NULL, "/usr/lib" RULES ", which is installed with the program, is not there");
	else if (rc == -EACCES)
		report(UNSEEN, NULL, "%s: this user may not look there", place);
	else if (rc == 0 && has_line(&lines, rule))
		report(OK, NULL, "%s", place);
	else
		report(WRONG, command, "%s does not keep udev from what is in %s", place, state);
}
