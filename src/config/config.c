/*
 * config.c: the keys, each with its gate and its default, and the reading of the file.
 *
 * Defaults go through the same gates as the file's values, so that a build option cannot bring in
 * what an admin could not write; but when the program is built, and not in every call.
 */
#include "config/config.h"

#include "build-config.h"
#include "config/accounts.h"
#include "gate/gate.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 64 * 1024, WANT_BYTES = 256 };

enum takes { ONE_VALUE, ONE_OR_NONE, WORDS };

static const struct key {
	const char *name;
	const struct gate *gate;
	size_t offset;
	const char *standard;
	enum takes takes;
} keys[] = {
	{ "owner", &gate_account, offsetof(struct settings, owner), DEFAULT_OWNER, ONE_VALUE },
	{ "admins", &gate_account, offsetof(struct settings, admins), "", WORDS },
	{ "state_dir", &gate_directory, offsetof(struct settings, state_dir), DEFAULT_STATE_DIR,
	  ONE_VALUE },
	{ "jail_dir", &gate_directory, offsetof(struct settings, jail_dir), DEFAULT_JAIL_DIR,
	  ONE_VALUE },
	{ "runtime_dir", &gate_directory, offsetof(struct settings, runtime_dir),
	  DEFAULT_RUNTIME_DIR, ONE_VALUE },
	{ "bridge", &gate_link_name, offsetof(struct settings, bridge), DEFAULT_BRIDGE, ONE_VALUE },
	{ "bridge_address", &gate_network, offsetof(struct settings, bridge_address),
	  DEFAULT_BRIDGE_ADDRESS, ONE_VALUE },
	{ "tap_prefix", &gate_tap_prefix, offsetof(struct settings, tap_prefix),
	  DEFAULT_TAP_PREFIX, ONE_VALUE },
	{ "dns_domain", &gate_domain, offsetof(struct settings, dns_domain), "vm", ONE_VALUE },
	{ "firecracker", &gate_firecracker, offsetof(struct settings, firecracker),
	  "/usr/local/bin/firecracker", ONE_VALUE },
	{ "jailer", &gate_jailer, offsetof(struct settings, jailer), "/usr/local/bin/jailer",
	  ONE_VALUE },
	{ "vm_uid", &gate_id_range, offsetof(struct settings, vm_uid), "", ONE_OR_NONE },
	{ "vm_gid", &gate_id_range, offsetof(struct settings, vm_gid), "", ONE_OR_NONE },
	{ "uplink", &gate_link_name, offsetof(struct settings, uplink), "", ONE_OR_NONE },
	{ "forward_hook", &gate_yes_no, offsetof(struct settings, forward_hook), "yes", ONE_VALUE },
	{ "guest_isolation", &gate_yes_no, offsetof(struct settings, guest_isolation), "no",
	  ONE_VALUE },
	{ "batch", &gate_verb_name, offsetof(struct settings, batch), "", WORDS },
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

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
	bool seen[KEYS];
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

/* The words of a list value, each through the gate, into an array that a count follows. */
static bool
take_words(const struct key *key, const char *value, struct settings *settings)
{
	char *list = (char *)settings + key->offset;
	bool accounts = key->gate == &gate_account;
	size_t size = accounts ? sizeof(struct account) : sizeof(struct verb_name);
	unsigned *count = (unsigned *)(void *)(list + LIST_MAX * size);

	*count = 0;
	for (value += strspn(value, " \t"); *value; value += strspn(value, " \t")) {
		size_t length = strcspn(value, " \t");
		char word[64];

		if (length >= sizeof(word) || *count == LIST_MAX)
			return false;
		memcpy(word, value, length);
		word[length] = '\0';
		if (gate_admit(key->gate, word, settings, list + *count * size) != REASON_NONE)
			return false;
		++*count;
		value += length;
	}
	return true;
}

static bool
take_value(const struct key *key, const char *value, struct settings *settings)
{
	if (key->takes == WORDS)
		return take_words(key, value, settings);
	if (key->takes == ONE_OR_NONE && !*value)
		return true;
	return gate_admit(key->gate, value, settings, (char *)settings + key->offset) ==
	       REASON_NONE;
}

/* What completes "KEY must be ". */
static const char *
want_of(const struct key *key)
{
	static char want[WANT_BYTES];

	snprintf(want, sizeof(want), "%s", key->gate->want);
	if (key->takes == WORDS)
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "; several are separated by spaces, %d at most",
			 LIST_MAX);
	return want;
}

static int
take_line(void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;

	if (*section)
		return complain(reading, "there are no [sections] here", "");
	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (reading->seen[i])
			return complain(reading, keys[i].name, " is there twice");
		reading->seen[i] = true;
		if (!take_value(&keys[i], value, reading->settings)) {
			char what[64];

			snprintf(what, sizeof(what), "%s must be ", keys[i].name);
			return complain(reading, what, want_of(&keys[i]));
		}
		return 1;
	}
	return complain(reading, "no such key; see priv.conf(5)", "");
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

/* A list is empty by default, as is what need not be there. */
static void
set_defaults(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	/* Which they are is not known before the owner is. */
	settings->vm_uid = settings->vm_gid = (struct id_range){ .text = "the owner's own" };
	for (size_t i = 0; i < KEYS; i++)
		if (*keys[i].standard)
			(void)keys[i].gate->fit(keys[i].standard, settings, (char *)settings + keys[i].offset);
}

void
config_check_defaults(void)
{
	static struct settings settings;

	for (size_t i = 0; i < KEYS; i++)
		if (!take_value(&keys[i], keys[i].standard, &settings) ||
		    (keys[i].takes == WORDS && *keys[i].standard))
			die(REASON_CONFIG, "the built-in default of %s is not valid", keys[i].name);
}

/* Whether a canonical path is another, or lies below it. */
static bool
is_in(const struct configured_path *path, const struct configured_path *directory)
{
	size_t length = strlen(directory->text);

	return strncmp(path->text, directory->text, length) == 0 && (!path->text[length] || path->text[length] == '/');
}

static bool
fits_together(const struct settings *settings, char *why, size_t why_size)
{
	/* The longest socket a VM can have: a vsock connection's, in its socket directory. */
	size_t longest = strlen(settings->jail_dir.text) + strlen("/firecracker/") + VM_ID_MAX +
			 strlen("/root/" SOCKET_DIR_INSIDE "/v.sock_4294967295");
	const struct configured_path *state = &settings->state_dir, *jail = &settings->jail_dir,
				     *runtime = &settings->runtime_dir;

	if (longest > SOCKET_PATH_MAX)
		snprintf(why, why_size, "jail_dir is %zu bytes too long for a socket's path below it",
			 longest - SOCKET_PATH_MAX);
	else if (strlen(state->text) > STATE_DIR_MAX)
		snprintf(why, why_size, "state_dir is longer than %d bytes, and so would be sudo's patterns with it",
			 STATE_DIR_MAX);
	else if (strlen(settings->runtime_dir.text) + 2 > SOCKET_PATH_MAX)
		snprintf(why, why_size, "runtime_dir is too long for a socket's path below it");
	else if (strcmp(settings->bridge.text, settings->uplink.text) == 0)
		snprintf(why, why_size, "bridge and uplink are the same link");
	else if (is_in(state, jail))
		snprintf(why, why_size, "state_dir lies in jail_dir");
	/* runtime_dir becomes the owner's, the others must stay root's.  Below state_dir it is one of those that are the
	 * owner's there. */
	else if (is_in(state, runtime))
		snprintf(why, why_size, "runtime_dir is state_dir, or above it");
	else if (is_in(jail, runtime) || is_in(runtime, jail))
		snprintf(why, why_size, "runtime_dir is jail_dir, or above or below it");
	else
		return true;
	return false;
}

bool
config_parse(const char *text, size_t length, struct settings *settings, char *why, size_t why_size)
{
	struct reading reading = {
		.text = text, .length = length, .settings = settings, .why = why,
		.why_size = why_size,
	};
	int line;

	set_defaults(settings);
	if (memchr(text, '\0', length)) {
		snprintf(why, why_size, "a NUL byte");
		return false;
	}
	line = ini_parse_stream(next_line, &reading, take_line, &reading);
	if (line != 0 && !reading.bad) {
		reading.line = (unsigned)line;
		complain(&reading, FORM, "");
	}
	return !reading.bad && fits_together(settings, why, why_size);
}

/* 0 with the file's bytes, -ENOENT, or -errno with why it is not to be trusted. */
static int
read_file(char *text, size_t size, size_t *length, char *why, size_t why_size)
{
	struct stat status;
	size_t bad = 0;
	ssize_t got;
	int fd, path_fd = trusted_open(CONFIG_FILE, &status, &bad);

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
	close(fd);
	if (got < 0 || (size_t)got == size) {
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
	set_defaults(settings);
}

const char *
config_complaint(unsigned *line, int *error)
{
	*line = complaint.line;
	*error = complaint.error;
	return complaint.text[0] ? complaint.text : NULL;
}

const char *
config_key(size_t index, const char **standard, const char **want)
{
	if (index >= KEYS)
		return NULL;
	*standard = keys[index].standard;
	*want = want_of(&keys[index]);
	return keys[index].name;
}
