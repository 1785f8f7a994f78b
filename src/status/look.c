/*
 * look.c: what of ours is on this host, place by place: each object with the words for the state it is in.
 */
#include "status/status.h"
#include "sys/cgroup.h"
#include "sys/directory.h"
#include "sys/handover.h"
#include "sys/hierarchy.h"
#include "sys/jail.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/nat.h"
#include "sys/netlink.h"
#include "sys/process.h"
#include "sys/snapshot.h"
#include "sys/tap.h"
#include "sys/trusted.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SOCKETS_SHOWN = 16 };

static struct inventory *all;

int
look_open(void)
{
	return inventory_open(&all);
}

struct inventory *
look_found(void)
{
	return all;
}

static enum code
looked(int rc, const char *at)
{
	return rc < 0 ? failed(rc, "cannot look at %s, and some of it is not in the list", at) : CODE_DONE;
}

/* ---- chroots, sockets, cgroups ---- */

/* Not behind a mount, which may be the owner's and never answer. */
static bool
is_socket(int directory, const char *name)
{
	struct stat status;
	int fd = beneath_open(directory, name, O_PATH | O_NOFOLLOW, 0);
	bool is = fd >= 0 && fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);

	if (fd >= 0)
		close(fd);
	return is;
}

static void
list_sockets(int jail, const struct vm_id *vm)
{
	char path[VM_ID_MAX + sizeof("/" SOCKET_DIR_INSIDE)];
	struct directory_reader sockets;
	const char *name;

	snprintf(path, sizeof(path), "%s/" SOCKET_DIR_INSIDE, vm->text);
	sockets = (struct directory_reader){ .fd = beneath_open(jail, path, O_RDONLY | O_DIRECTORY, 1) };
	if (sockets.fd < 0)
		return;
	for (unsigned shown = 0; shown < SOCKETS_SHOWN && (name = directory_next(&sockets)) && *name;) {
		if (!is_socket(sockets.fd, name))
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

enum code
look_at_jails(const struct settings *settings)
{
	struct jail_fault fault = { 0 };
	int rc, jail = jail_open(settings, &fault);
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

/* By its cgroup, or where that has none, by what all processes execute.  That takes longer: of a chroot that is as it was
 * prepared, and where a launch would have put its VM into a cgroup, nobody is asked. */
static int
find_process(const struct object *object, bool has_cgroups, const struct settings *settings)
{
	int runs;

	if (object->kind == OBJECT_CGROUP && strcmp(object->state, "populated") == 0)
		return process_hold_vmm(&object->vm, settings);
	if (object->kind != OBJECT_CHROOT || (has_cgroups && strcmp(object->state, "prepared") == 0))
		return -ESRCH;
	runs = cgroup_is_running(&object->vm);
	return runs < 0 ? runs : runs ? -ESRCH : process_hold_stray(&object->vm, settings);
}

enum code
look_at_processes(const struct settings *settings)
{
	int root = hierarchy_root();
	unsigned count = all->count;
	enum code code = CODE_DONE;

	if (root >= 0)
		close(root);
	for (unsigned i = 0; i < count; i++) {
		const struct object *object = &all->each[i];
		int pid = find_process(object, root >= 0, settings);
		struct object *process;

		if (pid < 0 && pid != -ESRCH && pid != -ENOENT && code == CODE_DONE)
			code = looked(pid, "processes");
		if (pid <= 0)
			continue;
		process = inventory_add(all, OBJECT_PROCESS, "firecracker", "running");
		process->vm = object->vm;
		process->pid = pid;
	}
	return code;
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

enum code
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

int
look_open_network(void)
{
	netlink_rc = netlink_open();
	netfilter_rc = netlink_rc < 0 ? netlink_rc : nft_open();
	return 0;
}

enum code
look_at_network(const struct settings *settings)
{
	enum code code = looked(netlink_rc < 0 ? netlink_rc : link_each("tun", list_tap, NULL), "taps");

	(void)settings;
	if (netlink_rc < 0 || netfilter_rc == -EPROTONOSUPPORT)
		return code;
	return code != CODE_DONE ? code :
	       looked(netfilter_rc < 0 ? netfilter_rc : nat_each(list_guest, NULL), "NAT");
}
