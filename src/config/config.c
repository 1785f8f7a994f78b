/*
 * config.c: the reading of the file.
 */
#include "config/config.h"

#include "build-config.h"
#include "config/accounts.h"
#include "config/keys.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 64 * 1024 };

/* How a complaint about a line begins, before the line's number. */
#define LINE "line "

#define FORM "neither key = value nor a # comment"

/* What the ini library's callbacks share: it hands the handler no line number and cuts long lines
 * in two without a word, so the reader counts lines and refuses long ones. */
struct reading {
	const char *text;
	size_t length;
	size_t at;
	unsigned line;
	bool seen[KEYS_MAX];
	struct settings *settings;
	char *why;
	size_t why_size;
	bool bad;
};

static int
complain(struct reading *reading, const char *what, const char *want)
{
	if (!reading->bad)
		snprintf(reading->why, reading->why_size, LINE "%u: %s%s", reading->line, what, want);
	reading->bad = true;
	return 0;
}

static int
take_line(void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;
	size_t key = key_find(name);
	char what[64];

	if (*section)
		return complain(reading, "there are no [sections] here", "");
	if (key == KEY_NONE)
		return complain(reading, "no such key; see priv.conf(5)", "");
	if (reading->seen[key])
		return complain(reading, name, " is there twice");
	reading->seen[key] = true;
	if (key_take(key, value, reading->settings))
		return 1;
	snprintf(what, sizeof(what), "%s must be ", name);
	return complain(reading, what, key_want(key));
}

/* The library takes : for = too, and what is behind a ; for a comment: neither is a value here. */
static bool
has_form(const char *line)
{
	line += strspn(line, " \t");
	return *line == '#' || (!strchr(line, ';') && line[strcspn(line, "=:")] != ':');
}

static char *
next_line(char *out, int size, void *user)
{
	struct reading *reading = user;
	const char *from = reading->text + reading->at;
	size_t left = reading->length - reading->at;
	const char *newline = memchr(from, '\n', left);
	size_t length = newline ? (size_t)(newline - from) + 1 : left;

	if (left == 0 || reading->bad)
		return NULL;
	reading->line++;
	if (length >= (size_t)size) {
		complain(reading, "too long", "");
		return NULL;
	}
	memcpy(out, from, length);
	out[length] = '\0';
	/* One without a key in it would be passed over by the library. */
	if (out[strspn(out, " \t")] == '[') {
		complain(reading, "there are no [sections] here", "");
		return NULL;
	}
	if (!has_form(out)) {
		complain(reading, FORM, "");
		return NULL;
	}
	reading->at += length;
	return out;
}

bool
config_parse(const char *text, size_t length, struct settings *settings, char *why, size_t why_size)
{
	struct reading reading = {
		.text = text, .length = length, .settings = settings, .why = why,
		.why_size = why_size,
	};
	int line;

	keys_set_defaults(settings);
	if (memchr(text, '\0', length)) {
		snprintf(why, why_size, "a NUL byte");
		return false;
	}
	line = ini_parse_stream(next_line, &reading, take_line, &reading);
	if (line != 0 && !reading.bad) {
		reading.line = (unsigned)line;
		complain(&reading, FORM, "");
	}
	return !reading.bad && keys_fit_together(settings, why, why_size);
}

/* 0 with the file's bytes, -ENOENT, or -errno with why it is not to be trusted. */
static int
read_file(char *text, size_t size, size_t *length, char *why, size_t why_size)
{
	struct stat status;
	size_t bad = 0;
	ssize_t got;
	int rc, fd, path_fd = trusted_open(CONFIG_FILE, &status, &bad);

	*length = 0;
	if (path_fd == -EPERM || path_fd == -ELOOP) {
		/* The message begins with the file's name. */
		const char *what = bad < strlen(CONFIG_FILE) ? CONFIG_FILE : "it";

		snprintf(why, why_size, "%.*s must be root's, writable by nobody else and no symlink", (int)bad, what);
		return path_fd;
	}
	if (path_fd < 0)
		return path_fd;
	close(path_fd);
	if (!S_ISREG(status.st_mode)) {
		snprintf(why, why_size, "not a regular file");
		return -EINVAL;
	}
	/* By path again: only root can have changed anything on it, which was just seen. */
	fd = open(CONFIG_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		snprintf(why, why_size, "cannot be opened: %s", strerrordesc_np(errno));
		return -errno;
	}
	got = read(fd, text, size);
	rc = got < 0 ? -errno : 0;
	close(fd);
	if (rc < 0)
		return rc;
	if ((size_t)got == size) {
		snprintf(why, why_size, "longer than %zu bytes", size - 1);
		return -EFBIG;
	}
	*length = (size_t)got;
	return 0;
}

static struct {
	char text[512];
	unsigned line;
	int error;
} complaint;

void
config_load(struct settings *settings, bool strict)
{
	static char text[FILE_BYTES];
	char *why = complaint.text;
	size_t length, why_size = sizeof(complaint.text);
	int rc = read_file(text, sizeof(text), &length, why, why_size);

	if ((rc == 0 || rc == -ENOENT) && config_parse(text, length, settings, why, why_size)) {
		if (accounts_look_up(settings, why, why_size) || !strict)
			return;
	} else if (strncmp(why, LINE, strlen(LINE)) == 0) {
		complaint.line = (unsigned)strtoul(why + strlen(LINE), NULL, 10);
	}
	complaint.error = rc == -ENOENT ? 0 : -rc;
	if (rc < 0 && !*why)
		snprintf(why, why_size, "%s", strerrordesc_np(-rc));
	if (strict)
		die(REASON_CONFIG, CONFIG_FILE ": %s", why);
	remark("using the built-in defaults: " CONFIG_FILE ": %s", why);
	keys_set_defaults(settings);
}

const char *
config_complaint(unsigned *line, int *error)
{
	*line = complaint.line;
	*error = complaint.error;
	return complaint.text[0] ? complaint.text : NULL;
}
