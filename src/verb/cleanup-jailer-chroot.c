/*
 * cleanup-jailer-chroot: the chroot, its mounts and the VM's cgroup are gone.
 *
 * Mounts go one by one, the last first, and never lazily: the kernel says whether somebody uses one, and
 * then those that went before it are put back.
 * What is then left of a chroot of another making is removed without crossing any mount.
 */
#include "sys/cgroup.h"
#include "sys/chroot.h"
#include "sys/process.h"
#include "verb.h"

#include <errno.h>
#include <unistd.h>

static struct {
	struct vm_id vm;
} ask;

static const struct operand operands[] = {
	{ .name = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm },
	LIST_END
};

/* A mount is not busy for being used in another mount namespace, as the jailer makes one for each VM: where no
 * cgroup tells, the processes are looked at themselves. */
static bool no_cgroups;

static int
look_for_cgroups(void)
{
	int root = cgroup_root();

	no_cgroups = root == -ENOENT;
	if (root >= 0)
		close(root);
	return root < 0 && !no_cgroups ? root : 0;
}

static bool
has_no_cgroups(void)
{
	return no_cgroups;
}

static enum code
look_for_strays(const struct settings *settings)
{
	int pid = process_hold_stray(&ask.vm, settings);

	if (pid > 0)
		return refused(REASON_IN_USE, "process %d of that VM still runs; kill-process ends it", pid);
	return pid == -ESRCH ? CODE_DONE : failed(pid, "cannot look for its processes");
}

static enum code
act(const struct settings *settings)
{
	struct jail_fault fault = { 0 };
	int rc;

	if (cgroup_is_running(&ask.vm))
		return refused(REASON_IN_USE, "a process of that VM still runs; kill-process ends it");
	rc = chroot_remove(&ask.vm, settings, &fault);
	if ((rc == -EPERM || rc == -ELOOP) && fault.path)
		return refused(REASON_HOST, "%.*s must be %s", (int)fault.length, fault.path, fault.wanted);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "somebody has a file open in the chroot, or works in it");
	return rc < 0 ? failed(rc, "cannot remove it whole") : CODE_DONE;
}

static const struct handle handles[] = {
	{ "no descriptor: whether this host has cgroup v2", look_for_cgroups },
	{ "libmount, before Linux 6.8", mount_table_open },
	LIST_END
};

static const struct cap stray_caps[] = { PROCESS_HOLD_CAPS, LIST_END };
static const struct call stray_calls[] = {
	PROCESS_HOLD_CALLS,
	CALL(getdents64, "which processes there are"),
	LIST_END
};

static const struct cap caps[] = { CHROOT_REMOVE_CAPS, LIST_END };
static const struct call calls[] = {
	CALL(read, "whether the VM's cgroup is in use"),
	CHROOT_REMOVE_CALLS,
	LIST_END
};

static const char *const paths[] = { "jail_dir/firecracker/VM_ID", "the VM's cgroup", "/proc, without cgroup v2", NULL };

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
	.stages = {
		{ .keep = { .as = AS_NOBODY, .caps = stray_caps, .calls = stray_calls },
		  .apart = true, .only_if = has_no_cgroups, .act = look_for_strays },
		{ .keep = { .as = AS_ROOT, .why_root = "the directories are root's; CAP_DAC_OVERRIDE would open far "
			    "more", .caps = caps, .calls = calls }, .act = act },
	},
};
