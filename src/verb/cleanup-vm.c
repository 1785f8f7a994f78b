/*
 * cleanup-vm: nothing of one VM is left on the host, whatever state it was in.
 *
 * In the order in which one thing uses another: processes, chroot, snapshots, NAT, taps; a cage for each.
 * What cannot go does not keep the others, but for what it uses itself.  What belongs to the VM is known
 * by its place (cgroup, chroot) or by the VM's id in its tag, compared whole: nothing else is looked at.
 */
#include "sys/cgroup.h"
#include "sys/chroot.h"
#include "sys/executable.h"
#include "sys/link.h"
#include "sys/nat.h"
#include "sys/netlink.h"
#include "sys/patience.h"
#include "sys/pidfd.h"
#include "sys/process.h"
#include "sys/snapshot.h"
#include "sys/sysctl.h"
#include "sys/tap.h"
#include "verb.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { END_MS = 5000, STRAYS_MS = 10000, CHROOT_MS = 3000, AT_ONCE = 64 };

static struct {
	struct vm_id vm;
} ask;

static const struct operand operands[] = {
	{ .name = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm },
	LIST_END
};

/* What the stages find out, for those that follow. */
static struct left {
	enum reason reason;             /* of the first thing that is left */
	char text[600];                 /* all of them */
	bool no_cgroup;                 /* no process is in the VM's cgroup */
	bool may_stray;                 /* there may be one outside it */
	bool ended, no_chroot;          /* is gone, and uses no more what is next */
} *left;

static enum code leave(enum reason reason, const char *format, ...) __attribute__((format(printf, 2, 3)));

static enum code
leave(enum reason reason, const char *format, ...)
{
	size_t used = strlen(left->text);
	char one[200];
	va_list args;

	if (left->reason == REASON_NONE)
		left->reason = reason;
	va_start(args, format);
	vsnprintf(one, sizeof(one), format, args);
	va_end(args);
	snprintf(left->text + used, sizeof(left->text) - used, "%s%s", used ? ", " : "", one);
	return reason_code(reason);
}

static const char *
why(int rc)
{
	return rc == -EBUSY ? "in use" : strerrordesc_np(-rc);
}

/* ---- processes ---- */

static enum code
end_processes(const struct settings *settings)
{
	bool runs = cgroup_is_running(&ask.vm);
	int rc = cgroup_end(&ask.vm, END_MS), stray = executable_any_used(&ask.vm, settings);

	if (!runs && rc == 0)
		stage_touched_nothing();
	left->no_cgroup = rc == 0;
	/* Where no lease tells, all processes are looked at. */
	left->may_stray = stray > 0 || stray == -EOPNOTSUPP;
	left->ended = left->no_cgroup && stray == 0;
	if (rc < 0)
		return leave(reason_of(rc), "a process that does not end (%s), with chroot and snapshots", why(rc));
	if (stray < 0 && !left->may_stray)
		return leave(reason_of(stray), "what runs outside its cgroup (%s), with chroot and snapshots", why(stray));
	return CODE_DONE;
}

static bool
may_have_strays(void)
{
	return left->may_stray;
}

/* Those that were started without us, or that root has taken out of the cgroup; all of them where there are no
 * cgroups.  Not for ever: whoever starts some may start them again. */
static enum code
end_strays(const struct settings *settings)
{
	const char *objection;
	enum reason reason;
	int64_t deadline = waiting_clock() + STRAYS_MS;
	bool found = false;
	int pid, rc = 0;

	while (rc == 0 && (pid = process_hold_stray(&ask.vm, settings)) > 0 && waiting_clock() < deadline) {
		found = true;
		rc = pidfd_end(FD_PROCESS, END_MS, "the VM's process to end");
	}
	if (!found)
		stage_touched_nothing();
	if (rc < 0)
		return leave(reason_of(rc), "process %d (%s), with chroot and snapshots", pid, why(rc));
	if (pid > 0)
		return leave(REASON_IN_USE, "processes that are started again as they end, with chroot and snapshots");
	reason = process_objection(pid, NULL, &objection);
	if (reason == REASON_FOREIGN)
		return leave(reason, "chroot and snapshots (%s)", objection);
	if (pid != -ESRCH)
		return leave(reason_of(pid), "what runs outside its cgroup (%s), with chroot and snapshots", why(pid));
	left->ended = left->no_cgroup;
	return CODE_DONE;
}

/* ---- the chroot ---- */

/* Of a running VM not even what it does not use right now is taken away. */
static bool
has_ended(void)
{
	return left->ended;
}

static enum code
remove_chroot(const struct settings *settings)
{
	struct patience patience = patience_of(CHROOT_MS, "the chroot to be left");
	struct jail_fault fault = { 0 };
	int rc;

	/* The end of a mount namespace comes after that of its last process. */
	do
		rc = chroot_remove(&ask.vm, settings, &fault);
	while (rc == -EBUSY && patience_left(&patience));
	left->no_chroot = rc == 0;
	/* Before anything below it was looked at. */
	if (fault.path)
		stage_touched_nothing();
	if ((rc == -EPERM || rc == -ELOOP) && fault.path)
		return leave(REASON_HOST, "the chroot (%.*s must be %s)", (int)fault.length, fault.path, fault.wanted);
	if (rc == -EOPNOTSUPP)
		return leave(REASON_HOST, "the chroot (whether its firecracker is executed cannot be told: "
			     "fs.leases-enable must be 1)");
	return rc < 0 ? leave(reason_of(rc), "the chroot (%s)", why(rc)) : CODE_DONE;
}

/* ---- snapshots ---- */

/* While there is a chroot, it may have a node that leads to one. */
static bool
may_have_snapshots(void)
{
	return dm_is_there() && left->no_chroot;
}

static int
remove_if_its(const struct dm_name *name, const struct dm *dm, void *data)
{
	enum code *code = data;
	int rc = strcmp(dm_vm(dm), ask.vm.text) == 0 ? snapshot_remove(name, dm) : 0;

	if (rc < 0)
		*code = leave(reason_of(rc), "the snapshot %s (%s)", name->text, why(rc));
	return 0;
}

static enum code
remove_snapshots(const struct settings *settings)
{
	enum code code = CODE_DONE;
	int rc = dm_each(remove_if_its, &code);

	(void)settings;
	return rc < 0 ? leave(reason_of(rc), "snapshots (%s)", why(rc)) : code;
}

/* ---- the network ---- */

static int netlink_rc, netfilter_rc;

/* That one of them is missing must not keep the rest from being cleaned up. */
static int
open_network(void)
{
	netlink_rc = netlink_open();
	netfilter_rc = netlink_rc < 0 ? netlink_rc : nft_open();
	return 0;
}

struct guests {
	struct guest each[AT_ONCE];
	unsigned count;
	char tag[64];
};

static void
note_guest(const struct guest *guest, const char *tag, void *data)
{
	struct guests *guests = data;

	if (guests->count < AT_ONCE && strcmp(tag, guests->tag) == 0)
		guests->each[guests->count++] = *guest;
}

static enum code
remove_nat(const struct settings *settings)
{
	const char *cannot = "read the packet filter";
	struct guests guests;
	bool found = false;
	int rc = netfilter_rc;

	do {
		guests = (struct guests){ 0 };
		tap_alias(ask.vm.text, guests.tag, sizeof(guests.tag));
		if (rc == 0)
			rc = nat_each(note_guest, &guests);
		found |= guests.count > 0;
		for (unsigned i = 0; i < guests.count && rc == 0; i++)
			rc = nat_withdraw(settings, &guests.each[i], &cannot);
	} while (rc == 0 && guests.count > 0);
	if (!found)
		stage_touched_nothing();
	/* A kernel without nf_tables has no NAT of ours. */
	if (netfilter_rc == -EPROTONOSUPPORT)
		return CODE_DONE;
	return rc < 0 ? leave(reason_of(rc), "NAT (cannot %s: %s)", cannot, why(rc)) : CODE_DONE;
}

struct taps {
	struct link_name each[AT_ONCE];
	unsigned count, skipped, skip;
};

static void
note_tap(const struct link *link, void *data)
{
	struct taps *taps = data;

	if (!tap_is_ours(link) || strcmp(tap_vm(link), ask.vm.text) != 0)
		return;
	if (taps->skipped < taps->skip)
		taps->skipped++;
	else if (taps->count < AT_ONCE)
		memcpy(taps->each[taps->count++].text, link->name, sizeof(link->name));
}

/* Each tap wants a descriptor of its own of the device, which is closed with it. */
static int
delete_tap(const struct link_name *tap)
{
	int rc = tap_open();

	return rc < 0 ? rc : tap_delete(tap);
}

static enum code
remove_taps(const struct settings *settings)
{
	enum code code = CODE_DONE;
	bool found = false;
	unsigned stay = 0;
	struct taps taps;
	int rc = netlink_rc;

	(void)settings;
	do {
		taps = (struct taps){ .skip = stay };
		if (rc == 0)
			rc = link_each("tun", note_tap, &taps);
		found |= taps.count > 0;
		for (unsigned i = 0; i < taps.count && rc == 0; i++) {
			int its = delete_tap(&taps.each[i]);

			if (its < 0) {
				code = leave(reason_of(its), "the tap %s (%s)", taps.each[i].text, why(its));
				stay++;
			}
		}
	} while (rc == 0 && taps.count > 0);
	if (!found)
		stage_touched_nothing();
	return rc < 0 ? leave(reason_of(rc), "taps (%s)", why(rc)) : code;
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
	{ "libmnl, a netlink socket, a socket to nf_tables", open_network },
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
