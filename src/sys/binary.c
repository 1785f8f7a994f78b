/*
 * binary.c: the three directories, and what root would have to type.
 */
#include "sys/binary.h"

#include "sys/elf.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_at(struct binary_found *found)
{
	struct stat status;
	int fd = trusted_open(found->path, &status, &found->bad);

	if (fd < 0)
		return fd;
	if (S_ISREG(status.st_mode) && (status.st_mode & S_IXUSR) &&
	    !(status.st_mode & (S_ISUID | S_ISGID)))
		return fd;
	close(fd);
	found->bad = strlen(found->path);
	return -EMEDIUMTYPE;
}

int
binary_open(enum binary which, const struct settings *settings, struct binary_found *found)
{
	static const char *const places[] = { "/usr/local/bin", "/usr/bin", "/opt/banger/bin" };
	const char *name = which == BINARY_JAILER ? settings->jailer.text : settings->firecracker.text;

	if (name[0] == '/') {
		snprintf(found->path, sizeof(found->path), "%s", name);
		return open_at(found);
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int fd;

		snprintf(found->path, sizeof(found->path), "%s/%s", places[i], name);
		fd = open_at(found);
		if (fd != -ENOENT)
			return fd;
	}
	/* The first place is where it should be put. */
	snprintf(found->path, sizeof(found->path), "%s/%s", places[0], name);
	found->bad = strlen(found->path);
	return -ENOENT;
}

bool
binary_has_fault(int rc)
{
	return rc == -ENOENT || rc == -ELOOP || rc == -EPERM || rc == -EMEDIUMTYPE || rc == -EACCES || rc == -ENOTDIR ||
	       rc == -ENAMETOOLONG;
}

const char *
binary_fault(int rc, const struct binary_found *found, char *command, size_t size)
{
	bool is_file = found->bad == strlen(found->path) || rc == -ENOENT;
	int bad = (int)found->bad;

	command[0] = '\0';
	if (is_file)
		snprintf(command, size, "install -D -o root -g root -m 0755 %s %s",
			 strrchr(found->path, '/') + 1, found->path);
	else if (rc == -EPERM)
		snprintf(command, size, "install -d -o root -g root -m 0755 %.*s", bad, found->path);
	return rc == -ENOENT ? "is not there" :
	       is_file ? "is not a plain executable file of root's alone" :
	       rc == -EPERM ? "is not root's alone" :
	       "is not a directory; its real path, without symlinks, belongs into /etc/banger/priv.conf";
}

int
binary_look(enum binary which, const struct settings *settings, struct binary_found *found,
	    struct binary_content *content)
{
	struct stat status;
	char link[32];
	int readable, rc, fd = binary_open(which, settings, found);

	if (fd < 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	readable = open(link, O_RDONLY | O_CLOEXEC);
	rc = readable < 0 || fstat(readable, &status) < 0 ? -errno : elf_wants_loader(readable);
	if (rc >= 0)
		*content = (struct binary_content){ (uint64_t)status.st_size, rc > 0 };
	if (readable >= 0)
		close(readable);
	close(fd);
	found->bad = strlen(found->path);
	return rc < 0 ? rc : 0;
}

void
binary_remedy(int rc, const struct binary_found *found, char *out, size_t size)
{
	char command[sizeof(found->path) * 2];
	const char *fault = binary_fault(rc, found, command, sizeof(command));
	int bad = rc == -ENOENT ? (int)strlen(found->path) : (int)found->bad;

	snprintf(out, size, "%.*s %s%s%s", bad, found->path, fault, command[0] ? ": " : "", command);
}
