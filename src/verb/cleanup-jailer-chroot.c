/*
 * cleanup-jailer-chroot: the chroot, its mounts and the VM's cgroup are gone.
 *
 * Mounts go one by one, the last first, and never lazily: the kernel says whether somebody uses one, and
 * then those that went before it are put back.
 * What is then left of a chroot of another making is removed without crossing any mount.
 */
#include "sys/cgroup.h"
#include "sys/chroot.h"
#include "sys/jail.h"
#include "sys/mount-table.h"
#include "verb.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static struct {
	struct vm_id vm;
} ask;

static const struct operand operands[] = {
	{ .name = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm },
	LIST_END
};

static bool
is_running(void)
{
	int cgroup = cgroup_open(&ask.vm), populated;

	if (cgroup < 0)
		return false;
	populated = cgroup_populated(cgroup);
	close(cgroup);
	return populated != 0;
}

static enum code
act(const struct settings *settings)
{
	struct jail_fault fault = { 0 };
	char prefix[PATH_MAX + 64];
	int rc, jail = jail_open(settings, false, &fault);

	if (jail == -EPERM || jail == -ELOOP)
		return refused(REASON_HOST, "%.*s must be %s", (int)fault.length, fault.path, fault.wanted);
	if (jail < 0 && jail != -ENOENT)
		return failed(jail, "cannot open the jail's directory");
	if (is_running())
		return refused(REASON_IN_USE, "a process of that VM still runs; kill-process ends it");
	snprintf(prefix, sizeof(prefix), "%s/firecracker/%s", settings->jail_dir.text, ask.vm.text);
	rc = jail == -ENOENT ? 0 : chroot_remove(jail, &ask.vm, prefix);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "somebody has a file open in the chroot, or works in it");
	if (rc == 0)
		rc = cgroup_remove(&ask.vm);
	return rc < 0 ? failed(rc, "cannot remove it whole") : CODE_DONE;
}

static const struct handle handles[] = {
	{ "libmount, before Linux 6.8", mount_table_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(SYS_ADMIN, "unmounts"),
	CAP(DAC_READ_SEARCH, "to the mounts in the chroot, which is the VM's alone"),
	CAP(CHOWN, "takes over what is left of a chroot of another making"),
	LIST_END
};

static const struct call calls[] = {
	CALL(openat, "/, where every path begins"),
	CALL(openat2, "each directory on the way"),
	CALL(newfstatat, "whose they are"),
	CALL(fstatfs, "which hierarchy is cgroup v2"),
	CALL(read, "whether the VM's cgroup is in use"),
	MOUNT_TABLE_CALLS,
	CALL(mount_setattr, "so that unmounting one unmounts no other"),
	CALL(fchdir, "to where it is mounted"),
	CALL(umount2, "and away"),
	CALL(open_tree, "a copy of each, for when one turns out to be in use"),
	CALL(move_mount, "then they are put back"),
	CALL(unlinkat, "directories, and files left by a chroot of another making"),
	CALL(fchownat, "takes directories over"),
	CALL_NR(fchmodat2, 452, "and closes them"),
	CALL(chmod, "the same before Linux 6.6, through /proc/self/fd"),
	CALL(getdents64, "what is in them"),
	CALL(lseek, "from the start again"),
	CALL(renameat2, "brings directories up, so that depth costs nothing"),
	LIST_END
};

static const char *const paths[] = { "jail_dir/firecracker/VM_ID", "the VM's cgroup", NULL };

const struct verb verb_cleanup_jailer_chroot = {
	.name = "cleanup-jailer-chroot",
	.summary = "the VM's chroot with all its mounts, and its cgroup, are gone",
	.effect = "none of it is left",
	.on_failure = "all of it where it is in use; else what could not be removed, and calling it again goes on",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_VM,
	.lock_vm = &ask.vm,
	.handles = handles,
	.stages = { {
		.keep = {
			.as = AS_ROOT,
			.why_root = "the directories are root's; CAP_DAC_OVERRIDE would open far more",
			.caps = caps,
			.calls = calls,
		},
		.act = act,
	} },
};
