/*
 * status: what of ours is on this host, from the kernel's own tags, and what of it nobody has a use for.
 *
 * A cage for each place that is looked at, and one with nothing for the telling.  A VM is what has a
 * chroot or a cgroup, or is named by a tag.  Nothing is locked, so that it can be asked while a verb hangs: what
 * is being made or taken away in this moment may look like an orphan.
 */
#include "status/status.h"
#include "sys/netlink.h"
#include "sys/process.h"
#include "sys/snapshot.h"
#include "verb.h"

static struct {
	bool json;
} ask;

static const struct operand operands[] = {
	{ .name = "format=", .value = "json", .gate = &gate_json_format, .into = &ask.json,
	  .occurs = MAYBE },
	LIST_END
};

static enum code
tell(const struct settings *settings)
{
	struct judged judged = judge(look_found());

	(void)settings;
	if (ask.json)
		tell_json(&judged);
	else
		tell_people(&judged);
	return look_found()->overflowed ? refused(REASON_NO_SPACE, "there is more than the %d objects of this list",
						  OBJECTS_MAX) : CODE_DONE;
}

static const struct handle handles[] = {
	{ "memory that the stages share", look_open },
	{ "/dev/mapper/control, where this host has it", dm_control_open_if_any },
	{ "libmnl, a netlink socket, a socket to nf_tables", look_open_network },
	LIST_END
};

static const struct cap jail_caps[] = {
	CAP(DAC_READ_SEARCH, "the jail, and the socket directories of VMs"),
	LIST_END
};

static const struct call jail_calls[] = {
	CALL(openat, "/, where every path begins; the cgroup hierarchy"),
	CALL(openat2, "each directory on the way"),
	CALL(newfstatat, "whose they are, and what is a socket"),
	CALL(fstatfs, "what is a tmpfs; which hierarchy is cgroup v2"),
	CALL(getdents64, "what is in them"),
	CALL(read, "whether a VM's cgroup has processes"),
	LIST_END
};

static const struct cap process_caps[] = { PROCESS_HOLD_CAPS, LIST_END };
static const struct call process_calls[] = {
	PROCESS_HOLD_CALLS,
	CALL(getdents64, "which processes there are, where no cgroup has a VM's"),
	LIST_END
};

static const struct cap storage_caps[] = {
	CAP(SYS_ADMIN, "device-mapper's requests"),
	LIST_END
};

static const struct call storage_calls[] = {
	CALL_IF(ioctl, 1, DM_LIST_DEVICES, "which mappings there are, and whose"),
	CALL_IF(ioctl, 1, DM_DEV_STATUS, "whether one is in use"),
	CALL_IF(ioctl, 1, LOOP_GET_STATUS64, "whose a loop device is"),
	CALL_IF(ioctl, 1, BLKGETDISKSEQ, "which attachment of it"),
	CALL(openat, "/sys/block and /dev/loopN, to read"),
	CALL(newfstatat, "what was opened"),
	CALL(getdents64, "which loop devices there are"),
	LIST_END
};

static const struct cap network_caps[] = {
	CAP(NET_ADMIN, "nf_tables tells nobody else"),
	LIST_END
};

static const struct call network_calls[] = {
	CALL_IF(sendto, 0, FD_NETLINK, "asks for all taps"),
	CALL_IF(recvfrom, 0, FD_NETLINK, "the answers"),
	CALL_IF(sendto, 0, FD_NETFILTER, "asks for the guests with NAT"),
	CALL_IF(recvfrom, 0, FD_NETFILTER, "the answers"),
	LIST_END
};

static const char *const paths[] = {
	"jail_dir/firecracker", "the VMs' cgroups", "/proc/PID", "/dev/mapper/control", "/dev/loopN", "/sys/block", NULL
};

const struct verb verb_status = {
	.name = "status",
	.summary = "what of ours is on this host, VM by VM, and what of it is an orphan",
	.effect = "none",
	.on_failure = "nothing; what could be seen is printed all the same",
	.note = "the bridge, which is for all VMs, is not listed; an orphan is what no running or prepared VM has a use for; "
		"what another verb is just making may look like one",
	.operands = operands,
	.paths = paths,
	.handles = handles,
	.stages = STAGES(
		{ .keep = { .as = AS_NOBODY, .caps = jail_caps, .calls = jail_calls },
		  .at_any_rate = true, .act = look_at_jails },
		{ .keep = { .as = AS_NOBODY, .caps = process_caps, .calls = process_calls },
		  .at_any_rate = true, .act = look_at_processes },
		{ .keep = { .as = AS_ROOT, .why_root = "loop devices are uid 0's", .caps = storage_caps,
			    .calls = storage_calls },
		  .at_any_rate = true, .act = look_at_storage },
		{ .keep = { .as = AS_NOBODY, .caps = network_caps, .calls = network_calls },
		  .at_any_rate = true, .act = look_at_network },
		{ .keep = { .as = AS_NOBODY }, .at_any_rate = true, .act = tell }
	),
};
