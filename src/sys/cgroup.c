/*
 * cgroup.c: below one directory, banger, in the root of the v2 hierarchy.
 */
#include "sys/cgroup.h"

#include "sys/directory.h"
#include "sys/patience.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PARENT "banger"
#define CONSOLES "_consoles"

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
cgroup_root(void)
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
cgroup_place(void)
{
	struct statfs fs = { 0 };
	int fd = open_place(places[ALONE], &fs);

	if (fd < 0)
		return places[ALONE];
	close(fd);
	return places[fs.f_type == TMPFS_MAGIC ? BESIDE_V1 : ALONE];
}

int
cgroup_make_parent(void)
{
	int rc = 0, root = cgroup_root();

	if (root < 0)
		return root;
	if (mkdirat(root, PARENT, 0755) < 0 && errno != EEXIST)
		rc = -errno;
	close(root);
	return rc;
}

static int
open_parent(void)
{
	int root = cgroup_root(), parent;

	if (root < 0)
		return root;
	parent = beneath_open(root, PARENT, O_RDONLY | O_DIRECTORY, 0);
	close(root);
	return parent;
}

int
cgroup_has_parent(void)
{
	int parent = open_parent();

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	close(parent);
	return 1;
}

static int
make_in_parent(const char *name)
{
	int parent = open_parent(), cgroup;

	if (parent < 0)
		return parent;
	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		cgroup = -errno;
	else
		cgroup = beneath_open(parent, name, O_RDONLY | O_DIRECTORY, 0);
	close(parent);
	return cgroup;
}

int
cgroup_make(const struct vm_id *vm)
{
	int rc = cgroup_remove(vm);

	return rc < 0 ? rc : make_in_parent(vm->text);
}

int
cgroup_open_consoles(void)
{
	int procs, cgroup = make_in_parent(CONSOLES);

	if (cgroup < 0)
		return cgroup;
	procs = cgroup_open_procs(cgroup);
	close(cgroup);
	return procs;
}

int
cgroup_open(const struct vm_id *vm)
{
	int parent = open_parent(), cgroup;

	if (parent < 0)
		return parent;
	cgroup = beneath_open(parent, vm->text, O_RDONLY | O_DIRECTORY, 0);
	close(parent);
	return cgroup;
}

int
cgroup_populated(int cgroup)
{
	char events[256] = "";
	ssize_t got;
	int fd = beneath_open(cgroup, "cgroup.events", O_RDONLY, 0);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	got = read(fd, events, sizeof(events) - 1);
	if (got < 0)
		got = errno == ENODEV ? 0 : -errno;     /* it went meanwhile */
	close(fd);
	return got < 0 ? (int)got : strstr(events, "populated 1") != NULL;
}

int
cgroup_is_running(const struct vm_id *vm)
{
	int cgroup = cgroup_open(vm), populated;

	if (cgroup < 0)
		return cgroup == -ENOENT ? 0 : cgroup;
	populated = cgroup_populated(cgroup);
	close(cgroup);
	return populated;
}

int
cgroup_write(int cgroup, const char *file, const char *value)
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

static int
enable(const char *controller)
{
	char word[32];
	int root = cgroup_root(), parent, rc;

	if (root < 0)
		return root;
	snprintf(word, sizeof(word), "+%s", controller);
	rc = cgroup_write(root, "cgroup.subtree_control", word);
	close(root);
	if (rc < 0)
		return rc;
	parent = open_parent();
	if (parent < 0)
		return parent;
	rc = cgroup_write(parent, "cgroup.subtree_control", word);
	close(parent);
	return rc;
}

int
cgroup_has(const char *controller)
{
	char text[512] = "", *rest = text, *word;
	int root = cgroup_root(), fd;
	ssize_t got;

	if (root < 0)
		return root;
	fd = beneath_open(root, "cgroup.controllers", O_RDONLY, 0);
	close(root);
	if (fd < 0)
		return fd;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got < 0)
		return -EIO;
	while ((word = strsep(&rest, " \n")))
		if (strcmp(word, controller) == 0)
			return 1;
	return 0;
}

/* What its name begins with. */
struct controller { char name[sizeof(((struct cgroup_limit *)0)->file)]; };

static struct controller
controller_of(const struct cgroup_limit *limit)
{
	struct controller controller = { "" };

	memcpy(controller.name, limit->file, strcspn(limit->file, "."));
	return controller;
}

int
cgroup_can_limit(const struct cgroup_limit *limit)
{
	return cgroup_has(controller_of(limit).name);
}

int
cgroup_limit(int cgroup, const struct cgroup_limit *limit)
{
	int rc = enable(controller_of(limit).name);

	return rc < 0 ? rc : cgroup_write(cgroup, limit->file, limit->value);
}

int
cgroup_open_procs(int cgroup)
{
	return beneath_open(cgroup, "cgroup.procs", O_WRONLY, 0);
}

int
cgroup_kill(int cgroup)
{
	return cgroup_write(cgroup, "cgroup.kill", "1");
}

int
cgroup_each(void (*each)(const char *vm, bool populated, void *data), void *data)
{
	struct directory_reader all = { .fd = open_parent() };
	const char *name;
	int rc = 0;

	if (all.fd < 0)
		return all.fd == -ENOENT ? 0 : all.fd;
	while (rc >= 0 && (name = directory_next(&all)) && *name) {
		/* What is no VM's, and files, which are opened as directories. */
		int cgroup = strcmp(name, CONSOLES) == 0 ? -ENOENT :
			     beneath_open(all.fd, name, O_RDONLY | O_DIRECTORY, 0);

		if (cgroup < 0) {
			rc = cgroup == -ENOENT || cgroup == -ENOTDIR ? 0 : cgroup;
			continue;
		}
		rc = cgroup_populated(cgroup);
		close(cgroup);
		if (rc >= 0)
			each(name, rc, data);
	}
	if (rc >= 0)
		rc = name ? 0 : -errno;
	close(all.fd);
	return rc;
}

int
cgroup_end(const struct vm_id *vm, int timeout_ms)
{
	struct patience patience = patience_of(timeout_ms, "the VM's processes to end");
	int populated, rc, cgroup = cgroup_open(vm);

	if (cgroup < 0)
		return cgroup == -ENOENT ? 0 : cgroup;
	rc = cgroup_kill(cgroup);
	while (rc == 0 && (populated = cgroup_populated(cgroup)) != 0)
		rc = populated < 0 ? populated : patience_left(&patience) ? 0 : -EBUSY;
	close(cgroup);
	return rc;
}

int
cgroup_remove(const struct vm_id *vm)
{
	int rc = 0, parent = open_parent();

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	if (unlinkat(parent, vm->text, AT_REMOVEDIR) < 0 && errno != ENOENT)
		rc = -errno;
	close(parent);
	return rc;
}

int
cgroup_of_process(pid_t pid, struct vm_id *vm)
{
	static const char ours[] = "0::/" PARENT "/";
	char path[64], text[4096] = "";
	const char *line;
	size_t length;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text) - 1);
	if (got < 0)
		got = errno == ESRCH ? -ENOENT : -errno;        /* it ended meanwhile */
	close(fd);
	if (got < 0)
		return (int)got;
	/* v1 hierarchies may have lines of their own; v2's begins with "0::". */
	line = strncmp(text, ours, strlen(ours)) == 0 ? text : strstr(text, "\n0::/" PARENT "/");
	if (!line)
		return 0;
	line += strlen(ours) + (*line == '\n');
	length = strcspn(line, "/\n");
	if (length == 0 || length > VM_ID_MAX)
		return 0;
	memset(vm, 0, sizeof(*vm));
	memcpy(vm->text, line, length);
	return 1;
}
