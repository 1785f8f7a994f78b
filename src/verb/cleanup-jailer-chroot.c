/*
 * cleanup-jailer-chroot: the chroot, its mounts and the VM's cgroup are gone.
 *
 * Not while somebody is inside, which no one question tells.  The VM's cgroup names what launch-firecracker
 * started; the jailer's copy of firecracker tells whether anybody executes it, whatever cgroup and mount
 * namespace that is in; and of the mounts, which go one by one, the last first, and never lazily, the kernel says
 * whether somebody uses one here: then those that went before it are put back.
 * What is then left of a chroot of another making is removed without crossing any mount.
 */
#include "sys/cgroup.h"
#include "sys/chroot.h"
#include "verb.h"

#include <errno.h>

static struct {
	struct vm_id vm;
} ask;

static const struct operand operands[] = {
	{ .name = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm },
	LIST_END
};

static enum code
act(const struct settings *settings)
{
	struct jail_fault fault = { 0 };
	int rc = cgroup_is_running(&ask.vm);

	if (rc < 0)
		return failed(rc, "cannot look into the VM's cgroup");
	if (rc > 0)
		return refused(REASON_IN_USE, "a process of that VM still runs; kill-process ends it");
	rc = chroot_remove(&ask.vm, settings, &fault);
	if ((rc == -EPERM || rc == -ELOOP) && fault.path)
		return refused(REASON_HOST, "%.*s must be %s", (int)fault.length, fault.path, fault.wanted);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "somebody executes the chroot's firecracker, has a file open in it, or works "
			       "in it");
	if (rc == -EOPNOTSUPP)
		return refused(REASON_HOST, "whether somebody executes the chroot's firecracker cannot be told: sysctl "
			       "fs.leases-enable=1, and a file system that has leases");
	if (rc < 0)
		return failed(rc, "cannot remove it whole");
	rc = cgroup_remove(&ask.vm);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "the chroot is gone, but root has put another cgroup into the VM's; rmdir that");
	return rc < 0 ? failed(rc, "cannot remove the VM's cgroup") : CODE_DONE;
}

static const struct handle handles[] = {
	{ "libmount, before Linux 6.8", mount_table_open },
	LIST_END
};

static const struct cap caps[] = { CHROOT_REMOVE_CAPS, LIST_END };
static const struct call calls[] = {
	CALL(read, "whether the VM's cgroup is in use"),
	CHROOT_REMOVE_CALLS,
	LIST_END
};

static const char *const paths[] = { "jail_dir/firecracker/VM_ID", "the VM's cgroup", NULL };

const struct verb verb_cleanup_jailer_chroot = {
	.name = "cleanup-jailer-chroot",
	.summary = "the VM's chroot with all its mounts, and its cgroup, are gone",
	.effect = "none of it is left",
	.on_failure = "all of it stays where it is in use; else what could not be removed stays, and the same call goes on from there",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_VM,
	.lock_vm = &ask.vm,
	.handles = handles,
	.stages = STAGES(
		{ .keep = { .as = AS_ROOT, .why_root = "the directories are root's; CAP_DAC_OVERRIDE would open far "
			    "more", .caps = caps, .calls = calls }, .act = act }
	),
};
