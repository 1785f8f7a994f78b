/*
 * ready.c: what is opened for a VM before it begins: each thing under the number that it is known by.
 */
#include "launch/launching.h"

#include "keep.h"
#include "sys/binary.h"
#include "sys/cgroup.h"
#include "sys/hierarchy.h"
#include "sys/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* fd, or the -errno that there is instead, is kept for the stages that follow. */
static enum code
keep(int fd, enum descriptor number, const char *what)
{
	int rc = fd < 0 ? fd : dup3(fd, (int)number, O_CLOEXEC) < 0 ? -errno : 0;

	return rc < 0 ? failed(rc, "cannot open %s", what) : CODE_DONE;
}

/* ---- the console ---- */

enum code
ready_console(const struct path *path, const struct settings *settings)
{
	struct stat status;
	int fd = tree_open(settings, path, O_WRONLY | O_APPEND, &status);

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -EACCES)
		return refused(REASON_ABSENT, "the console's file is not there, or not the owner's to write");
	if (fd == -ELOOP || fd == -EXDEV || fd == -ENXIO || fd == -EISDIR)
		return refused(REASON_FOREIGN, "the console's file lies behind a symlink or a mount, or is none");
	if (fd == -EAGAIN)
		return refused(REASON_IN_USE, "the console's file is leased by somebody");
	if (fd >= 0 && (!S_ISREG(status.st_mode) || status.st_uid != settings->owner.uid))
		return refused(REASON_FOREIGN, "the console's file is not a regular file of the owner's");
	return keep(fd, FD_CONSOLE, "the console's file");
}

/* ---- the binaries ---- */

static enum code
find_binary(enum binary which, const struct settings *settings, struct binary_found *found, int *fd)
{
	char remedy[MESSAGE_BYTES];

	*fd = binary_open(which, settings, found);
	if (*fd >= 0)
		return CODE_DONE;
	if (!binary_has_fault(*fd))
		return failed(*fd, "cannot look at %s", found->path);
	binary_remedy(*fd, found, remedy, sizeof(remedy));
	return refused(REASON_HOST, "%s", remedy);
}

enum code
ready_binaries(struct launched *launched, const struct settings *settings)
{
	static struct binary_found jailer, firecracker;
	int fd, unused;
	enum code code = find_binary(BINARY_JAILER, settings, &jailer, &fd);

	if (code == CODE_DONE)
		code = find_binary(BINARY_FIRECRACKER, settings, &firecracker, &unused);
	if (code != CODE_DONE)
		return code;
	memcpy(launched->launch.firecracker, firecracker.path, sizeof(firecracker.path));
	return keep(fd, FD_JAILER, "the jailer");
}

/* ---- the chroot ---- */

enum code
ready_chroot(struct launched *launched, const struct vm_id *vm, const struct settings *settings)
{
	struct prepared *prepared = &launched->prepared;
	int rc = handover_find(vm, settings, prepared);

	if (rc == -ENOENT)
		return refused(REASON_ABSENT, "that VM has no chroot; prepare-jailer-chroot makes it");
	if (rc == -EEXIST)
		return refused(REASON_EXISTS, "this chroot has been launched before, or never was whole; "
			       "cleanup-jailer-chroot and prepare-jailer-chroot make a new one");
	if (rc < 0)
		return failed(rc, "cannot open the chroot");
	launched->launch.uid = prepared->uid;
	launched->launch.gid = prepared->gid;
	return keep(prepared->sockets, FD_SOCKETS, "its sockets");
}

/* ---- cgroups ---- */

static enum code
look_at_limits(const struct cgroup_limit *limits, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int rc = cgroup_can_limit(&limits[i]);

		if (rc == 0)
			return refused(REASON_HOST, "this host has no cgroup controller for %s", limits[i].file);
		if (rc < 0)
			return failed(rc, "cannot look for the cgroup controller of %s", limits[i].file);
	}
	return CODE_DONE;
}

enum code
ready_hierarchy(struct launched *launched, const struct vm_id *vm, const struct cgroup_limit *limits, unsigned count)
{
	int root = hierarchy_root(), rc;

	if (root == -ENOENT)
		return count == 0 ? CODE_DONE :
		       refused(REASON_HOST, "this host has no cgroup v2, which cgroup= needs");
	if (root < 0)
		return failed(root, "cannot open the cgroup hierarchy");
	close(root);
	launched->has_hierarchy = true;
	rc = hierarchy_has_parent();
	if (rc < 0)
		return failed(rc, "cannot open the cgroup of all VMs");
	launched->has_parent = rc;
	rc = cgroup_is_running(vm);
	if (rc < 0)
		return failed(rc, "cannot look into the VM's cgroup");
	if (rc > 0)
		return refused(REASON_IN_USE, "a process of that VM still runs; kill-process ends it");
	return look_at_limits(limits, count);
}

static enum code
set_limits(int cgroup, const struct cgroup_limit *limits, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int rc = cgroup_limit(cgroup, &limits[i]);

		if (rc < 0)
			return failed(rc, "cannot set %s", limits[i].file);
	}
	return CODE_DONE;
}

enum code
ready_cgroup(struct launched *launched, const struct vm_id *vm, const struct cgroup_limit *limits, unsigned count)
{
	int cgroup = cgroup_make(vm);
	enum code code;

	if (cgroup < 0)
		return failed(cgroup, "cannot make the VM's cgroup");
	launched->has_cgroup = true;
	code = set_limits(cgroup, limits, count);
	return code == CODE_DONE ? keep(cgroup_open_procs(cgroup), FD_CGROUP, "the VM's cgroup") : code;
}

enum code
ready_console_cgroup(void)
{
	return keep(cgroup_open_consoles(), FD_CONSOLE_CGROUP, "the consoles' cgroup");
}
