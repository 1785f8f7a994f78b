/*
 * status: what of ours is on this host, from the kernel's own tags, and what of it nobody has a use for.
 *
 * A cage for each place that is looked at, and one with nothing for the telling.  A VM is what has a
 * chroot or a cgroup, or is named by a tag.  Nothing is locked, so that it can be asked while a verb hangs: what
 * is being made or taken away in this moment may look like an orphan.
 */
#include "sys/cgroup.h"
#include "sys/directory.h"
#include "sys/handover.h"
#include "sys/inventory.h"
#include "sys/jail.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/nat.h"
#include "sys/netlink.h"
#include "sys/process.h"
#include "sys/snapshot.h"
#include "sys/tap.h"
#include "sys/trusted.h"
#include "verb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SOCKETS_SHOWN = 16 };

static struct {
	bool json;
} ask;

static const struct operand operands[] = {
	{ .name = "format=", .value = "json", .gate = &gate_json_format, .into = &ask.json,
	  .occurs = MAYBE },
	LIST_END
};

static struct inventory *all;

static enum code
looked(int rc, const char *at)
{
	return rc < 0 ? failed(rc, "cannot look at %s, and some of it is not in the list", at) : CODE_DONE;
}

/* ---- chroots, sockets, cgroups ---- */

static void
list_sockets(int jail, const struct vm_id *vm)
{
	char path[VM_ID_MAX + sizeof("/" SOCKET_DIR_INSIDE)];
	struct directory_reader sockets;
	struct stat status;
	const char *name;

	snprintf(path, sizeof(path), "%s/" SOCKET_DIR_INSIDE, vm->text);
	sockets = (struct directory_reader){ .fd = beneath_open(jail, path, O_RDONLY | O_DIRECTORY, 1) };
	if (sockets.fd < 0)
		return;
	for (unsigned shown = 0; shown < SOCKETS_SHOWN && (name = directory_next(&sockets)) && *name;) {
		if (fstatat(sockets.fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISSOCK(status.st_mode))
			continue;
		inventory_tie(inventory_add(all, OBJECT_SOCKET, name, "there"), vm->text);
		shown++;
	}
	close(sockets.fd);
}

static void
list_chroot(int jail, const char *name, const struct settings *settings)
{
	struct object *chroot = inventory_add(all, OBJECT_CHROOT, name, "not whole");
	const char *state;

	if (!inventory_tie(chroot, name)) {
		chroot->orphan = "no VM is called that";
		return;
	}
	state = handover_state(&chroot->vm, settings);
	chroot->state = state ? state : "not whole";
	list_sockets(jail, &chroot->vm);
}

static void
list_cgroup(const char *name, bool populated, void *data)
{
	(void)data;
	inventory_tie(inventory_add(all, OBJECT_CGROUP, name, populated ? "populated" : "empty"), name);
}

static enum code
look_at_jails(const struct settings *settings)
{
	struct jail_fault fault = { 0 };
	int rc, jail = jail_open(settings, false, &fault);
	struct directory_reader vms = { .fd = jail };
	const char *name = "";

	if (jail >= 0) {
		vms.fd = beneath_open(jail, ".", O_RDONLY | O_DIRECTORY, 1);
		while (vms.fd >= 0 && (name = directory_next(&vms)) && *name)
			list_chroot(jail, name, settings);
	}
	rc = cgroup_each(list_cgroup, NULL);
	if (rc < 0)
		return looked(rc, "cgroups");
	if (jail == -EPERM || jail == -ELOOP)
		return refused(REASON_HOST, "%.*s must be %s", (int)fault.length, fault.path, fault.wanted);
	rc = jail < 0 ? (jail == -ENOENT ? 0 : jail) : vms.fd < 0 ? vms.fd : name ? 0 : -errno;
	return looked(rc, "chroots");
}

/* ---- processes ---- */

static enum code
look_at_processes(const struct settings *settings)
{
	int root = cgroup_root();
	unsigned count = all->count;

	if (root >= 0)
		close(root);
	for (unsigned i = 0; i < count; i++) {
		const struct object *object = &all->each[i];
		struct object *process;
		int pid = -ESRCH;

		if (object->kind == OBJECT_CGROUP && strcmp(object->state, "populated") == 0)
			pid = process_hold_vmm(&object->vm, settings);
		else if (root < 0 && object->kind == OBJECT_CHROOT)
			pid = process_hold_stray(&object->vm, settings);
		if (pid <= 0)
			continue;
		process = inventory_add(all, OBJECT_PROCESS, "firecracker", "running");
		process->vm = object->vm;
		process->pid = pid;
	}
	return CODE_DONE;
}

/* ---- snapshots and loop devices ---- */

static int
list_snapshot(const struct dm_name *name, const struct dm *dm, void *data)
{
	struct dm now;
	int rc = dm_find(name, &now);

	(void)data;
	if (rc == 0)
		inventory_tie(inventory_add(all, OBJECT_SNAPSHOT, name->text,
					    now.open_count > 0 ? "in use" : "idle"), dm_vm(dm));
	return rc == -ENXIO ? 0 : rc;
}

static int
list_loop(struct loop *loop, void *data)
{
	struct object *object;
	struct dm_name name = { .text = "" };
	char text[16];

	(void)data;
	if (!loop_is_ours(loop))
		return 0;
	snprintf(text, sizeof(text), "loop%u", loop->number);
	loop_name(loop, &name);
	object = inventory_add(all, OBJECT_LOOP, text, loop->read_only ? "read-only" : "writable");
	memcpy(object->of, name.text, sizeof(name.text));
	return 0;
}

static enum code
look_at_storage(const struct settings *settings)
{
	int rc = dm_is_there() ? dm_each(list_snapshot, NULL) : 0;

	(void)settings;
	if (rc == 0)
		rc = loop_each(list_loop, NULL);
	return looked(rc, "snapshots and loop devices");
}

/* ---- taps and NAT ---- */

static void
list_tap(const struct link *link, void *data)
{
	struct object *tap;

	(void)data;
	if (!tap_is_ours(link))
		return;
	tap = inventory_add(all, OBJECT_TAP, link->name, link->up ? "up" : "down");
	if (!inventory_tie(tap, tap_vm(link)) && *tap_vm(link))
		tap->orphan = "its tag names what is no VM";
}

static void
list_guest(const struct guest *guest, const char *tag, void *data)
{
	const char *colon = strchr(tag, ':');
	char address[INET_ADDRSTRLEN] = "";
	struct object *object;

	(void)data;
	inet_ntop(AF_INET, &guest->address, address, sizeof(address));
	object = inventory_add(all, OBJECT_NAT, address, "there");
	memcpy(object->of, guest->tap.text, sizeof(guest->tap.text));
	inventory_tie(object, colon ? colon + 1 : "");
}

static int netlink_rc, netfilter_rc;

/* The rest can be told without them. */
static int
open_network(void)
{
	netlink_rc = netlink_open();
	netfilter_rc = netlink_rc < 0 ? netlink_rc : nft_open();
	return 0;
}

static enum code
look_at_network(const struct settings *settings)
{
	enum code code = looked(netlink_rc < 0 ? netlink_rc : link_each("tun", list_tap, NULL), "taps");

	(void)settings;
	if (netlink_rc < 0 || netfilter_rc == -EPROTONOSUPPORT)
		return code;
	return code != CODE_DONE ? code :
	       looked(netfilter_rc < 0 ? netfilter_rc : nat_each(list_guest, NULL), "NAT");
}

/* ---- what belongs together, and what belongs to nothing ---- */

static void
tie_loops(void)
{
	for (unsigned i = 0; i < all->count; i++) {
		struct object *loop = &all->each[i];
		const struct object *snapshot;

		if (loop->kind != OBJECT_LOOP)
			continue;
		snapshot = inventory_find(all, OBJECT_SNAPSHOT, loop->of);
		if (snapshot)
			loop->vm = snapshot->vm;
		else
			loop->orphan = "its snapshot is gone";
	}
}

/* A VM's own objects, one after another. */
struct vm {
	struct object **objects;
	unsigned count;
	const struct object *of_kind[OBJECT_KINDS];
};

static struct vm
next_vm(struct object **sorted, unsigned left)
{
	struct vm vm = { .objects = sorted };

	while (vm.count < left && strcmp(sorted[vm.count]->vm.text, sorted[0]->vm.text) == 0) {
		if (!vm.of_kind[sorted[vm.count]->kind])
			vm.of_kind[sorted[vm.count]->kind] = sorted[vm.count];
		vm.count++;
	}
	return vm;
}

static bool
is_populated(const struct vm *vm)
{
	const struct object *cgroup = vm->of_kind[OBJECT_CGROUP];

	return vm->of_kind[OBJECT_PROCESS] || (cgroup && strcmp(cgroup->state, "populated") == 0);
}

static const char *
fault_of(const struct object *object, const struct vm *vm)
{
	bool is_vm = vm->objects[0]->vm.text[0], runs = is_populated(vm), has_chroot = vm->of_kind[OBJECT_CHROOT];

	switch (object->kind) {
	case OBJECT_CHROOT:
		return !is_vm || runs || strcmp(object->state, "prepared") == 0 ? NULL :
		       strcmp(object->state, "not whole") == 0 ? "it never was whole, or is no more" :
		       strcmp(object->state, "handed over") == 0 ? "its launch failed, or goes on" :
		       "its process has ended";
	case OBJECT_CGROUP:
		return runs ? (vm->of_kind[OBJECT_PROCESS] ? NULL : "its processes are no firecracker") :
		       has_chroot ? NULL : "empty, and no chroot";
	case OBJECT_NAT:
		if (!inventory_find(all, OBJECT_TAP, object->of))
			return "its tap is gone";
		__attribute__((fallthrough));
	case OBJECT_TAP:
	case OBJECT_SNAPSHOT:
		return !is_vm || runs || has_chroot ? NULL : "its VM has neither process nor chroot";
	default:
		return NULL;
	}
}

static const char *
state_of(const struct vm *vm)
{
	const struct object *chroot = vm->of_kind[OBJECT_CHROOT];

	return vm->of_kind[OBJECT_PROCESS] ? "running" : is_populated(vm) ? "populated" : !chroot ? "absent" :
	       strcmp(chroot->state, "prepared") == 0 ? "prepared" : "ended";
}

static unsigned
mark_orphans(struct object **sorted)
{
	unsigned orphans = 0;

	for (unsigned at = 0; at < all->count;) {
		struct vm vm = next_vm(sorted + at, all->count - at);

		for (unsigned i = 0; i < vm.count; i++) {
			if (!vm.objects[i]->orphan)
				vm.objects[i]->orphan = fault_of(vm.objects[i], &vm);
			orphans += vm.objects[i]->orphan != NULL;
		}
		at += vm.count;
	}
	return orphans;
}

/* ---- the telling ---- */

static const char *const kinds[OBJECT_KINDS] = {
	[OBJECT_PROCESS] = "process", [OBJECT_CHROOT] = "chroot", [OBJECT_CGROUP] = "cgroup",
	[OBJECT_SOCKET] = "socket", [OBJECT_SNAPSHOT] = "snapshot", [OBJECT_LOOP] = "loop",
	[OBJECT_TAP] = "tap", [OBJECT_NAT] = "nat",
};

static void
print_object(const struct object *object)
{
	char name[4 * OBJECT_NAME_MAX + 1], of[4 * DM_NAME_MAX + 1];
	bool has_of = object->of[0];

	escape(name, sizeof(name), object->name, strlen(object->name));
	escape(of, sizeof(of), object->of, strlen(object->of));
	print("    %-9s %-16s %s", kinds[object->kind], name, object->state);
	if (object->pid)
		print(", pid %d", (int)object->pid);
	print("%s%s%s%s\n", has_of ? ", of " : "", of, object->orphan ? "   ORPHAN: " : "",
	      object->orphan ? object->orphan : "");
}

static void
print_all(struct object **sorted, unsigned orphans)
{
	for (unsigned at = 0; at < all->count;) {
		struct vm vm = next_vm(sorted + at, all->count - at);

		if (sorted[at]->vm.text[0])
			print("VM %s: %s\n", sorted[at]->vm.text, state_of(&vm));
		else
			print("of no VM:\n");
		for (unsigned i = 0; i < vm.count; i++)
			print_object(vm.objects[i]);
		at += vm.count;
	}
	if (all->count == 0)
		print("nothing of ours is on this host\n");
	if (orphans > 0)
		print("%u orphan%s; banger-priv cleanup-vm VM_ID removes all that is a VM's\n", orphans,
		      orphans == 1 ? "" : "s");
}

static void
json_text_or_null(const char *key, const char *text)
{
	if (text && *text)
		json_text(key, text);
	else
		json_null(key);
}

static void
json_object(const struct object *object)
{
	json_open(NULL, '{');
	json_text("kind", kinds[object->kind]);
	json_text("name", object->name);
	json_text_or_null("vm", object->vm.text);
	json_text_or_null("of", object->of);
	json_text("state", object->state);
	json_text_or_null("orphan", object->orphan);
	json_close('}');
}

static void
json_vms(struct object **sorted)
{
	for (unsigned at = 0; at < all->count && sorted[at]->vm.text[0];) {
		struct vm vm = next_vm(sorted + at, all->count - at);
		const struct object *process = vm.of_kind[OBJECT_PROCESS];

		json_open(NULL, '{');
		json_text("vm", sorted[at]->vm.text);
		json_text("state", state_of(&vm));
		if (process)
			json_number("pid", process->pid);
		else
			json_null("pid");
		json_close('}');
		at += vm.count;
	}
}

static void
json_all(struct object **sorted, unsigned orphans)
{
	json_open(NULL, '{');
	json_open("vms", '[');
	json_vms(sorted);
	json_close(']');
	json_open("objects", '[');
	for (unsigned i = 0; i < all->count; i++)
		json_object(sorted[i]);
	json_close(']');
	json_number("orphans", orphans);
	json_close('}');
	print("\n");
}

static enum code
tell(const struct settings *settings)
{
	struct object **sorted;
	unsigned orphans;

	(void)settings;
	tie_loops();
	sorted = inventory_sort(all);
	orphans = mark_orphans(sorted);
	if (ask.json)
		json_all(sorted, orphans);
	else
		print_all(sorted, orphans);
	return all->overflowed ? refused(REASON_NO_SPACE, "there is more than the %d objects of this list",
					 OBJECTS_MAX) : CODE_DONE;
}

/* ---- what it keeps ---- */

static int
share_inventory(void)
{
	return inventory_open(&all);
}

static const struct handle handles[] = {
	{ "memory that the stages share", share_inventory },
	{ "/dev/mapper/control, where this host has it", dm_control_open_if_any },
	{ "libmnl, a netlink socket, a socket to nf_tables", open_network },
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
	CALL(getdents64, "which processes there are, without cgroup v2"),
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
	.note = "an orphan is what no running or prepared VM has a use for; what another verb is making in this moment may "
		"look like one",
	.operands = operands,
	.paths = paths,
	.handles = handles,
	.stages = {
		{ .keep = { .as = AS_NOBODY, .caps = jail_caps, .calls = jail_calls },
		  .apart = true, .at_any_rate = true, .act = look_at_jails },
		{ .keep = { .as = AS_NOBODY, .caps = process_caps, .calls = process_calls },
		  .apart = true, .at_any_rate = true, .act = look_at_processes },
		{ .keep = { .as = AS_ROOT, .why_root = "loop devices are uid 0's", .caps = storage_caps,
			    .calls = storage_calls },
		  .apart = true, .at_any_rate = true, .act = look_at_storage },
		{ .keep = { .as = AS_NOBODY, .caps = network_caps, .calls = network_calls },
		  .apart = true, .at_any_rate = true, .act = look_at_network },
		{ .keep = { .as = AS_NOBODY }, .at_any_rate = true, .act = tell },
	},
};
