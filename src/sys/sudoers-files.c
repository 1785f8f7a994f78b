/*
 * sudoers-files.c: looks for words, as sudo's own parser is not for others to have.
 */
#include "sys/sudoers-files.h"

#include "sys/directory.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANKS " \t"

int
sudoers_read_ours(struct lines *lines, struct stat *status, size_t *bad)
{
	static const char path[] = SUDOERS_DIR "/" SUDOERS_NAME;
	int fd = trusted_open(path, status, bad);

	if (fd < 0)
		return fd;
	close(fd);
	return lines_read(AT_FDCWD, path, lines);
}

int
sudoers_includes_directory(void)
{
	static struct lines lines;
	int rc = lines_read(AT_FDCWD, "/etc/sudoers", &lines);
	char *line;

	if (rc < 0)
		return rc;
	while ((line = lines_next(&lines))) {
		if (*line != '@' && *line != '#')
			continue;
		line++;
		if (strncmp(line, "includedir", strlen("includedir")) != 0)
			continue;
		line += strlen("includedir");
		line += strspn(line, BLANKS);
		if (strcmp(line, SUDOERS_DIR) == 0 || strcmp(line, SUDOERS_DIR "/") == 0)
			return 1;
	}
	return 0;
}

static bool
has_member(char *members, const char *name)
{
	char *each;

	while ((each = strsep(&members, ",")))
		if (strcmp(each, name) == 0)
			return true;
	return false;
}

/* NAME:PASSWORD:GID:MEMBER,MEMBER */
static bool
is_in_group(const struct account *owner, const char *group)
{
	static struct lines groups;
	char *line;

	if (lines_read(AT_FDCWD, "/etc/group", &groups) < 0)
		return false;
	while ((line = lines_next(&groups))) {
		const char *name = strsep(&line, ":"), *gid;

		if (!line || strcmp(name, group) != 0)
			continue;
		strsep(&line, ":");
		gid = line ? strsep(&line, ":") : NULL;
		return gid && (strtoul(gid, NULL, 10) == owner->gid || (line && has_member(line, owner->text)));
	}
	return false;
}

static bool
is_about(char *who, const struct account *owner)
{
	char uid[16], *each;

	snprintf(uid, sizeof(uid), "#%u", owner->uid);
	while ((each = strsep(&who, ",")))
		if (strcmp(each, "ALL") == 0 || strcmp(each, owner->text) == 0 || strcmp(each, uid) == 0 ||
		    (*each == '%' && is_in_group(owner, each + 1)))
			return true;
	return false;
}

/* WHO HOST=(AS) TAG: COMMAND, ...  */
static bool
gives_more(char *line, const struct account *owner, bool *everything)
{
	char *commands, *word;
	bool ours = strstr(line, SUDOERS_NAME) != NULL;
	const char *who;

	line += strspn(line, BLANKS);
	who = strsep(&line, BLANKS);
	if (!line || !*who || *who == '@' || strncmp(who, "Defaults", strlen("Defaults")) == 0 ||
	    (*who == '#' && strspn(who + 1, "0123456789") == 0) || !is_about((char *)(uintptr_t)who, owner))
		return false;
	commands = strrchr(line, ')');
	commands = commands ? commands + 1 : strchr(line, '=');
	while (commands && (word = strsep(&commands, BLANKS ",=:")))
		if (strcmp(word, "ALL") == 0)
			return *everything = true;
	*everything = false;
	return ours;
}

static int
look_into(int directory, const char *name, const struct account *owner, struct sudoers_excess *out)
{
	static struct lines lines;
	int rc = lines_read(directory, name, &lines);
	bool joined = false;
	char *line;

	if (rc < 0)
		return rc == -EINVAL || rc == -ELOOP ? 0 : rc;
	while ((line = lines_next(&lines))) {
		size_t length = strlen(line);
		bool was_joined = joined;

		joined = length > 0 && line[length - 1] == '\\';
		if (!gives_more(line, owner, &out->everything))
			continue;
		out->line = lines.number;
		out->continued = joined || was_joined;
		snprintf(out->file, sizeof(out->file), "%s%s", directory == AT_FDCWD ? "" : SUDOERS_DIR "/",
			 name);
		return 1;
	}
	return 0;
}

int
sudoers_find_excess(const struct account *owner, struct sudoers_excess *out)
{
	struct directory_reader reader;
	const char *name;
	int rc = look_into(AT_FDCWD, "/etc/sudoers", owner, out);

	if (rc != 0)
		return rc;
	reader = (struct directory_reader){ .fd = open(SUDOERS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	if (reader.fd < 0)
		return -errno;
	/* sudo passes over names that editors and package managers leave. */
	while (rc == 0 && (name = directory_next(&reader)) && *name)
		if (!strchr(name, '.') && name[strlen(name) - 1] != '~' && strcmp(name, SUDOERS_NAME) != 0)
			rc = look_into(reader.fd, name, owner, out);
	close(reader.fd);
	return rc;
}
