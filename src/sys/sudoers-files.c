/*
 * sudoers-files.c: goes where sudo goes, through every include, and through symlinks too.
 */
#include "sys/sudoers-files.h"

#include "sys/directory.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define BLANKS " \t\r"

int
sudoers_read_ours(struct lines *lines, struct stat *status, size_t *bad)
{
	int fd = trusted_open(SUDOERS_FILE, status, bad);

	if (fd < 0)
		return fd;
	close(fd);
	return lines_read(AT_FDCWD, SUDOERS_FILE, lines);
}

/* ---- names ---- */

/* To be read in its turn, unless it has been or is ours. */
static int
note_file(struct sudoers *all, const char *directory, const char *name)
{
	char *path = all->bytes + all->used;
	size_t left = SUDOERS_BYTES - all->used;
	int length = snprintf(path, left, "%s%s%s", directory, *directory ? "/" : "", name);

	if (length < 0 || (size_t)length >= left)
		return -EFBIG;
	if (strcmp(path, SUDOERS_FILE) == 0) {
		all->includes_ours = true;
		return 0;
	}
	for (unsigned i = 0; i < all->count; i++)
		if (strcmp(path, all->files[i].name) == 0)
			return 0;
	if (all->count == SUDOERS_FILES_MAX)
		return -EFBIG;
	all->used += (size_t)length + 1;
	all->files[all->count++].name = path;
	return 0;
}

static int
note_directory(struct sudoers *all, const char *path)
{
	struct directory_reader reader = { .fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	const char *name = "";
	int rc = 0;

	if (strcmp(path, SUDOERS_DIR) == 0)
		all->includes_ours = true;
	if (reader.fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	/* sudo passes over names that editors and package managers leave. */
	while (rc == 0 && (name = directory_next(&reader)) && *name)
		if (!strchr(name, '.') && name[strlen(name) - 1] != '~')
			rc = note_file(all, path, name);
	close(reader.fd);
	return rc == 0 && !name ? -errno : rc;
}

/* ---- includes ---- */

/* What stands behind the keyword: in quotes or not, with the host's name for %h, and a backslash before
 * what would end it. */
static void
take_path(const char *from, char *path, size_t size)
{
	const char *end = *from == '"' ? "\"\n" : BLANKS "\n";
	static struct utsname host;
	size_t used = 0;

	for (from += *from == '"'; *from && !strchr(end, *from) && used + 1 < size; from++) {
		if (from[0] == '%' && from[1] == 'h' && uname(&host) == 0) {
			used += (size_t)snprintf(path + used, size - used, "%.*s",
						 (int)strcspn(host.nodename, "."), host.nodename);
			used = used < size ? used : size - 1;
			from++;
			continue;
		}
		if (*from == '\\' && from[1] && from[1] != '\n')
			from++;
		path[used++] = *from;
	}
	while (used > 1 && path[used - 1] == '/')
		used--;
	path[used] = '\0';
}

static int
follow(struct sudoers *all, const char *file, const char *line)
{
	static const char include[] = "include", directory[] = "dir";
	const char *rest = line + strspn(line, BLANKS);
	char path[PATH_MAX];
	bool is_directory;
	int beside;

	/* With # only at the very beginning. */
	if ((*rest != '@' && (rest != line || *rest != '#')) || strncmp(rest + 1, include, strlen(include)) != 0)
		return 0;
	rest += 1 + strlen(include);
	is_directory = strncmp(rest, directory, strlen(directory)) == 0;
	rest += is_directory ? strlen(directory) : 0;
	if (!strchr(BLANKS "\"", *rest) || !*rest)
		return 0;
	take_path(rest + strspn(rest, BLANKS), path, sizeof(path));
	if (!*path)
		return 0;
	if (*path != '/') {
		char relative[PATH_MAX];

		beside = (int)(strrchr(file, '/') - file);
		snprintf(relative, sizeof(relative), "%s", path);
		if (snprintf(path, sizeof(path), "%.*s/%s", beside, file, relative) >= (int)sizeof(path))
			return -ENAMETOOLONG;
	}
	return is_directory ? note_directory(all, path) : note_file(all, "", path);
}

/* ---- texts ---- */

/* sudo takes no other than regular files; what is opened meanwhile must hold nobody up. */
static int
read_file(struct sudoers *all, struct sudoers_file *file)
{
	int fd = open(file->name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), rc = 0;
	char *text = all->bytes + all->used;
	struct stat status;
	ssize_t got = 1;

	file->text = "";
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO ? 0 : -errno;
	if (fstat(fd, &status) < 0)
		rc = -errno;
	while (rc == 0 && got > 0 && S_ISREG(status.st_mode)) {
		got = read(fd, all->bytes + all->used, SUDOERS_BYTES - all->used);
		rc = got < 0 ? -errno : 0;
		all->used += got > 0 ? (size_t)got : 0;
		if (all->used == SUDOERS_BYTES)
			rc = -EFBIG;
	}
	close(fd);
	if (rc < 0 || !S_ISREG(status.st_mode))
		return rc;
	/* A NUL is no end to sudo. */
	for (char *nul; (nul = memchr(text, '\0', (size_t)(all->bytes + all->used - text)));)
		*nul = '?';
	all->bytes[all->used++] = '\0';
	file->text = text;
	return 0;
}

int
sudoers_read_others(struct sudoers *all)
{
	int rc;

	all->count = 0;
	all->used = 0;
	all->includes_ours = false;
	rc = note_file(all, "", "/etc/sudoers");
	for (unsigned i = 0; rc == 0 && i < all->count; i++) {
		struct sudoers_file *file = &all->files[i];

		rc = read_file(all, file);
		for (const char *line = file->text; rc == 0 && *line; line += *line != '\0') {
			rc = follow(all, file->name, line);
			line += strcspn(line, "\n");
		}
	}
	return rc;
}
