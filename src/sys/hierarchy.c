/*
 * hierarchy.c: where it is mounted, what its root has to give, and what of that reaches the VMs.
 */
#include "sys/hierarchy.h"

#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Where the v2 hierarchy is mounted: alone, or beside those of v1, which are on a tmpfs. */
enum { ALONE, BESIDE_V1, PLACES };
static const char *const places[PLACES] = { [ALONE] = "/sys/fs/cgroup", [BESIDE_V1] = "/sys/fs/cgroup/unified" };

/* An O_PATH descriptor, and the type of the file system there. */
static int
open_place(const char *place, struct statfs *fs)
{
	int rc, fd = open(place, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, fs) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int
hierarchy_root(void)
{
	for (int i = 0; i < PLACES; i++) {
		struct statfs fs = { 0 };
		int fd = open_place(places[i], &fs);

		if (fd >= 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return fd;
		if (fd >= 0)
			close(fd);
		else if (fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP)
			return fd;
	}
	return -ENOENT;
}

const char *
hierarchy_place(void)
{
	struct statfs fs = { 0 };
	int fd = open_place(places[ALONE], &fs);

	if (fd < 0)
		return places[ALONE];
	close(fd);
	return places[fs.f_type == TMPFS_MAGIC ? BESIDE_V1 : ALONE];
}

int
hierarchy_make_parent(void)
{
	int rc = 0, root = hierarchy_root();

	if (root < 0)
		return root;
	if (mkdirat(root, HIERARCHY_PARENT, 0755) < 0 && errno != EEXIST)
		rc = -errno;
	close(root);
	return rc;
}

int
hierarchy_open_parent(void)
{
	int root = hierarchy_root(), parent;

	if (root < 0)
		return root;
	parent = beneath_open(root, HIERARCHY_PARENT, O_RDONLY | O_DIRECTORY, 0);
	close(root);
	return parent;
}

int
hierarchy_has_parent(void)
{
	int parent = hierarchy_open_parent();

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	close(parent);
	return 1;
}

ssize_t
hierarchy_read(int cgroup, const char *file, char *text, size_t room)
{
	int fd = beneath_open(cgroup, file, O_RDONLY, 0);
	ssize_t got;

	if (fd < 0)
		return fd;
	got = read(fd, text, room - 1);
	if (got < 0)
		got = -errno;
	close(fd);
	text[got < 0 ? 0 : got] = '\0';
	return got;
}

int
hierarchy_write(int cgroup, const char *file, const char *value)
{
	size_t length = strlen(value);
	int rc = 0, fd = beneath_open(cgroup, file, O_WRONLY, 0);

	if (fd < 0)
		return fd;
	if (write(fd, value, length) != (ssize_t)length)
		rc = -errno;
	close(fd);
	return rc;
}

int
hierarchy_enable(const char *controller)
{
	char word[32];
	int root = hierarchy_root(), parent, rc;

	if (root < 0)
		return root;
	snprintf(word, sizeof(word), "+%s", controller);
	rc = hierarchy_write(root, "cgroup.subtree_control", word);
	close(root);
	if (rc < 0)
		return rc;
	parent = hierarchy_open_parent();
	if (parent < 0)
		return parent;
	rc = hierarchy_write(parent, "cgroup.subtree_control", word);
	close(parent);
	return rc;
}

int
hierarchy_has(const char *controller)
{
	char text[512], *rest = text, *word;
	int root = hierarchy_root();
	ssize_t got;

	if (root < 0)
		return root;
	got = hierarchy_read(root, "cgroup.controllers", text, sizeof(text));
	close(root);
	if (got < 0)
		return (int)got;
	while ((word = strsep(&rest, " \n")))
		if (strcmp(word, controller) == 0)
			return 1;
	return 0;
}
