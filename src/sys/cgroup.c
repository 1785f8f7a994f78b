/*
 * cgroup.c: below one directory, banger, in the root of the v2 hierarchy.
 */
#include "sys/cgroup.h"

#include "sys/directory.h"
#include "sys/hierarchy.h"
#include "sys/patience.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONSOLES "_consoles"

/* The one below the VMs' that is no VM's, by a name that no VM has. */
static bool
is_consoles(const char *name)
{
	return strcmp(name, CONSOLES) == 0;
}

static int
make_in_parent(const char *name)
{
	int parent = hierarchy_open_parent(), cgroup;

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
	int parent = hierarchy_open_parent(), cgroup;

	if (parent < 0)
		return parent;
	cgroup = beneath_open(parent, vm->text, O_RDONLY | O_DIRECTORY, 0);
	close(parent);
	return cgroup;
}

int
cgroup_populated(int cgroup)
{
	char events[256];
	ssize_t got = hierarchy_read(cgroup, "cgroup.events", events, sizeof(events));

	if (got == -ENOENT || got == -ENODEV)
		return 0;               /* it is gone, or went meanwhile */
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
	return hierarchy_has(controller_of(limit).name);
}

int
cgroup_limit(int cgroup, const struct cgroup_limit *limit)
{
	int rc = hierarchy_enable(controller_of(limit).name);

	return rc < 0 ? rc : hierarchy_write(cgroup, limit->file, limit->value);
}

int
cgroup_open_procs(int cgroup)
{
	return beneath_open(cgroup, "cgroup.procs", O_WRONLY, 0);
}

int
cgroup_kill(int cgroup)
{
	return hierarchy_write(cgroup, "cgroup.kill", "1");
}

int
cgroup_each(void (*each)(const char *vm, bool populated, void *data), void *data)
{
	struct directory_reader all = { .fd = hierarchy_open_parent() };
	const char *name;
	int rc = 0;

	if (all.fd < 0)
		return all.fd == -ENOENT ? 0 : all.fd;
	while (rc >= 0 && (name = directory_next(&all)) && *name) {
		/* What is no VM's, and files, which are opened as directories. */
		int cgroup = is_consoles(name) ? -ENOENT :
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
	int rc = 0, parent = hierarchy_open_parent();

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
	static const char ours[] = "0::/" HIERARCHY_PARENT "/";
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
	line = strncmp(text, ours, strlen(ours)) == 0 ? text : strstr(text, "\n0::/" HIERARCHY_PARENT "/");
	if (!line)
		return 0;
	line += strlen(ours) + (*line == '\n');
	length = strcspn(line, "/\n");
	if (length == 0 || length > VM_ID_MAX)
		return 0;
	memset(vm, 0, sizeof(*vm));
	memcpy(vm->text, line, length);
	return !is_consoles(vm->text);
}
