/*
 * cleanup-vm: nothing of one VM is left on the host, whatever state it was in.
 *
 * In the order in which one thing uses another: processes, chroot, snapshots, NAT, taps; a cage for each.
 * What cannot go does not keep the others, but for what it uses itself.
 */
#include "cleanup/cleaning.h"
#include "sys/chroot.h"
#include "sys/executable.h"
#include "sys/process.h"
#include "sys/snapshot.h"
#include "sys/sysctl.h"
#include "verb.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <sys/mman.h>

static struct {
	struct vm_id vm;
} ask;

static const struct operand operands[] = {
	{ .name = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm },
	LIST_END
};

static struct left *left;

/* ---- processes ---- */

static enum code
end_processes(const struct settings *settings)
{
	return clean_up_processes(&ask.vm, settings, left);
}

static bool
may_have_strays(void)
{
	return left->may_stray;
}

static enum code
end_strays(const struct settings *settings)
{
	return clean_up_strays(&ask.vm, settings, left);
}

/* ---- what they used ---- */

/* Of a running VM not even what it does not use right now is taken away. */
static bool
has_ended(void)
{
	return left->ended;
}

static enum code
remove_chroot(const struct settings *settings)
{
	return clean_up_chroot(&ask.vm, settings, left);
}

/* While there is a chroot, it may have a node that leads to one. */
static bool
may_have_snapshots(void)
{
	return dm_is_there() && left->no_chroot;
}

static enum code
remove_snapshots(const struct settings *settings)
{
	(void)settings;
	return clean_up_snapshots(&ask.vm, left);
}

/* ---- the network ---- */

static enum code
remove_nat(const struct settings *settings)
{
	return clean_up_nat(&ask.vm, settings, left);
}

static enum code
remove_taps(const struct settings *settings)
{
	(void)settings;
	return clean_up_taps(&ask.vm, left);
}

/* ---- the end ---- */

static enum code
conclude(const struct settings *settings)
{
	(void)settings;
	/* A stage that could not begin has said so itself. */
	return left->reason == REASON_NONE ? CODE_DONE : refused(left->reason, "left: %s", left->text);
}

/* ---- what it keeps ---- */

static int
share_memory(void)
{
	left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return left == MAP_FAILED ? -errno : 0;
}

static const struct handle handles[] = {
	{ "memory that the stages share", share_memory },
	{ "libmount, before Linux 6.8", mount_table_open },
	{ "/dev/mapper/control, where this host has it", dm_control_open_if_any },
	{ "libmnl, a netlink socket, a socket to nf_tables", clean_up_open_network },
	{ "/proc/sys/net", sysctl_open },
	LIST_END
};

static const struct cap end_caps[] = { EXECUTABLE_ANY_USED_CAPS, LIST_END };
static const struct call end_calls[] = {
	CALL(fstatfs, "which hierarchy is cgroup v2"),
	CALL(write, "SIGKILL to all in it"),
	CALL(read, "whether one is left"),
	EXECUTABLE_ANY_USED_CALLS,
	LIST_END
};

static const struct cap stray_caps[] = {
	PROCESS_HOLD_CAPS,
	CAP(KILL, "kills a process of another uid"),
	LIST_END
};

static const struct call stray_calls[] = {
	PROCESS_HOLD_CALLS,
	CALL(getdents64, "which processes there are"),
	CALL_IF(pidfd_send_signal, 0, FD_PROCESS, "to the process that was looked at, and no other"),
	LIST_END
};

static const struct cap chroot_caps[] = { CHROOT_REMOVE_CAPS, LIST_END };
static const struct call chroot_calls[] = { CHROOT_REMOVE_CALLS, LIST_END };

static const struct cap snapshot_caps[] = { SNAPSHOT_REMOVE_CAPS, LIST_END };
static const struct call snapshot_calls[] = {
	CALL_IF(ioctl, 1, DM_LIST_DEVICES, "which mappings have the VM's id in their uuid"),
	SNAPSHOT_REMOVE_CALLS,
	LIST_END
};

static const struct cap nat_caps[] = {
	CAP(NET_ADMIN, "nf_tables and the bridge's switch of forwarding"),
	LIST_END
};

static const struct call nat_calls[] = {
	CALL_IF(sendto, 0, FD_NETFILTER, "questions to nf_tables, and transactions"),
	CALL_IF(recvfrom, 0, FD_NETFILTER, "the answers"),
	CALL_IF(openat2, 0, FD_SYSCTL, "the bridge's switch of forwarding"),
	CALL(read, "what it is"),
	CALL(pwrite64, "switches it off with the last guest"),
	LIST_END
};

static const struct cap tap_caps[] = {
	CAP(NET_ADMIN, "TUNSETIFF on a tap of another uid"),
	LIST_END
};

static const struct call tap_calls[] = {
	CALL_IF(sendto, 0, FD_NETLINK, "asks for all taps"),
	CALL_IF(recvfrom, 0, FD_NETLINK, "the answers"),
	CALL(openat, "/dev/net/tun, for each of the VM's"),
	CALL(newfstatat, "whether it is that device"),
	CALL_IF(dup3, 1, FD_TUN, "under its number"),
	CALL_IF(ioctl, 1, TUNSETIFF, "takes hold of the tap, if nobody else does"),
	CALL_IF(ioctl, 1, TUNSETPERSIST, "lets it go"),
	LIST_END
};

static const char *const paths[] = {
	"the VM's cgroup", "jail_dir/firecracker/VM_ID", "/dev/mapper", "/dev/loopN", "/sys/block", "/sys/dev/block",
	"/proc/sys/net/ipv4/conf/<bridge>/forwarding", "/dev/net/tun", "/proc, where a firecracker runs outside any VM's cgroup", NULL
};

const struct verb verb_cleanup_vm = {
	.name = "cleanup-vm",
	.summary = "nothing of the VM is left: process, chroot, cgroup, snapshots, NAT, taps",
	.effect = "no process, chroot or cgroup of that VM, and nothing that was made with vm=VM_ID",
	.on_failure = "what the message says; calling it again goes on from there",
	.note = "a running VM is killed.  What was made without vm= is not the VM's, and stays; so do the files that "
		"its drives were made of.  Absent is done",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_VM,
	.lock_vm = &ask.vm,
	.handles = handles,
	.stages = STAGES(
		{ .keep = { .as = AS_ROOT, .why_root = "the cgroup is root's", .caps = end_caps, .calls = end_calls },
		  .touches = true, .at_any_rate = true, .act = end_processes },
		{ .keep = { .as = AS_NOBODY, .caps = stray_caps, .calls = stray_calls },
		  .touches = true, .at_any_rate = true, .only_if = may_have_strays, .act = end_strays },
		{ .keep = { .as = AS_ROOT, .why_root = "the directories are root's; CAP_DAC_OVERRIDE would open far "
			    "more", .caps = chroot_caps, .calls = chroot_calls },
		  .touches = true, .at_any_rate = true, .only_if = has_ended, .act = remove_chroot },
		{ .keep = { .as = AS_ROOT, .why_root = "loop devices and /dev/mapper are uid 0's", .caps = snapshot_caps,
			    .calls = snapshot_calls },
		  .touches = true, .at_any_rate = true, .only_if = may_have_snapshots, .lock = LOCK_STORAGE,
		  .act = remove_snapshots },
		{ .keep = { .as = AS_NOBODY, .caps = nat_caps, .calls = nat_calls },
		  .touches = true, .at_any_rate = true, .lock = LOCK_NETWORK, .act = remove_nat },
		{ .keep = { .as = AS_ROOT, .why_root = "/dev/net/tun is uid 0's, and some hosts let nobody else open it",
			    .caps = tap_caps, .calls = tap_calls },
		  .touches = true, .at_any_rate = true, .lock = LOCK_NETWORK, .act = remove_taps },
		{ .keep = { .as = AS_NOBODY }, .at_any_rate = true, .act = conclude }
	),
};
