/*
 * create-tap: a tap for one VM, joined to the bridge, up.
 *
 * Lasting effect: one link.  If any step fails, or the process is killed, no link is left behind:
 * the tap becomes persistent only when all the rest is done.
 */
#include "sys/link.h"
#include "sys/netlink.h"
#include "sys/sysctl.h"
#include "sys/tap.h"
#include "verb.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <string.h>

static struct {
	struct link_name tap;
	struct gated_id uid, gid;
	struct vm_id vm;
} ask;

static const struct operand operands[] = {
	{ .name = "TAP", .gate = &gate_tap_name, .into = &ask.tap },
	{ .name = "uid=", .value = "N", .gate = &gate_vm_uid, .into = &ask.uid, .occurs = MAYBE },
	{ .name = "gid=", .value = "N", .gate = &gate_vm_gid, .into = &ask.gid, .occurs = MAYBE },
	{ .name = "vm=", .value = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm, .occurs = MAYBE },
	LIST_END
};

/* Who held it last may have given it another MAC address, a filter, or no room for what it sends, and all
 * of that stays with a tap: it is for no VM that has ids of its own. */
static bool
is_fit_to_adopt(const struct link *tap, const struct settings *settings)
{
	return settings->vm_uid.first == settings->vm_uid.last ||
	       (ask.vm.text[0] && strcmp(tap_vm(tap), ask.vm.text) == 0);
}

/* Holds the tap on FD_TUN, new or adopted: an idle one of ours need not be deleted first, which
 * would take the kernel 20 ms.  Where it must, it is held meanwhile, so that it is nobody else's that goes. */
static enum code
take_hold(struct link *tap, const struct settings *settings)
{
	bool is_new;
	int rc = link_find(&ask.tap, tap);

	if (rc == 0 && !tap_is_ours(tap))
		return refused(REASON_FOREIGN, "a link of that name is there and is not a tap of ours");
	if (rc == -EEXIST)
		return refused(REASON_FOREIGN, "another link has that as an alternative name");
	is_new = rc == -ENODEV;
	rc = is_new ? tap_create(&ask.tap) : rc < 0 ? rc : tap_attach(&ask.tap);
	if (rc == 0 && !is_new && !is_fit_to_adopt(tap, settings)) {
		rc = link_delete(tap->index);
		if (rc == 0)
			rc = tap_create(&ask.tap);
	}
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "the tap is held open, by a VM perhaps");
	if (rc < 0)
		return failed(rc, "cannot take hold of the tap");
	rc = link_find(&ask.tap, tap);
	return rc < 0 ? failed(rc, "cannot find the tap again") : CODE_DONE;
}

/* What comes by it is for the bridge.  Its own stack would hear a guest whose tap is no port, once somebody has taken
 * the bridge away: as the host's IPv6 router, or under any IPv4 address.  No route leads back by a tap. */
static int
close_own_stack(void)
{
	int rc = sysctl_set_link("ipv6", ask.tap.text, "disable_ipv6", 1);

	return rc < 0 ? rc : sysctl_set_link("ipv4", ask.tap.text, "rp_filter", 1 /* strict */);
}

/* A kernel that does not know what is set takes it without a word: it is read back. */
static int
set_port(int index, bool isolated)
{
	struct link tap = { 0 };
	int rc = link_set_port(index, isolated);

	if (rc == 0)
		rc = link_find(&ask.tap, &tap);
	return rc < 0 ? rc : tap.bridges_all && tap.isolated == isolated ? 0 : -EOPNOTSUPP;
}

static enum code
set_up(const struct link *tap, const struct link *bridge, const struct settings *settings)
{
	uid_t uid = ask.uid.given ? ask.uid.id : settings->vm_uid.first;
	gid_t gid = ask.gid.given ? ask.gid.id : settings->vm_gid.first;
	char alias[64];
	int rc = close_own_stack();

	if (rc < 0)
		return failed(rc, "cannot keep the host from hearing guests by the tap itself: /proc/sys/net must be "
			      "writable");
	tap_alias(ask.vm.text, alias, sizeof(alias));
	rc = tap_set_owner(uid, gid);
	if (rc == 0)
		rc = link_join(tap->index, bridge->index, alias);
	if (rc == 0)
		rc = set_port(tap->index, settings->guest_isolation);
	if (rc == 0)
		rc = link_set_up(bridge->index);
	if (rc == 0)
		rc = tap_set_persistent(true);
	return rc < 0 ? failed(rc, "cannot set the tap up") : CODE_DONE;
}

static enum code
act(const struct settings *settings)
{
	struct link tap, bridge;
	enum code code;
	int rc = link_find(&settings->bridge, &bridge);

	if (rc == -ENODEV)
		return refused(REASON_ABSENT, "the bridge is not there; ensure-bridge makes it");
	if (rc < 0)
		return failed(rc, "cannot find the bridge");
	code = take_hold(&tap, settings);
	if (code != CODE_DONE)
		return code;
	code = set_up(&tap, &bridge, settings);
	if (code != CODE_DONE) {
		tap_set_persistent(false);
		tap_close();
	}
	return code;
}

static const struct handle handles[] = {
	{ "libmnl and a netlink socket", netlink_open, mnl_open },
	{ "/dev/net/tun (is the module tun there?)", tap_open },
	{ "/proc/sys/net", sysctl_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(NET_ADMIN, "TUNSETIFF, RTM_NEWLINK and the tap's switches below /proc/sys/net"),
	LIST_END
};

static const struct call calls[] = {
	CALL_IF(sendto, 0, FD_NETLINK, "requests to rtnetlink"),
	CALL_IF(recvfrom, 0, FD_NETLINK, "its answers"),
	CALL_IF(openat2, 0, FD_SYSCTL, "the tap's disable_ipv6 and rp_filter"),
	CALL(read, "what they are"),
	CALL(pwrite64, "what they should be"),
	CALL_IF(ioctl, 1, TUNSETIFF, "makes the tap, or takes hold of an idle one"),
	CALL_IF(ioctl, 1, TUNSETOWNER, "gives it to the VM's uid"),
	CALL_IF(ioctl, 1, TUNSETGROUP, "and gid"),
	CALL_IF(ioctl, 1, TUNSETPERSIST, "lets it stay, or go when a step failed"),
	LIST_END
};

static const char *const paths[] = {
	"/dev/net/tun", "/proc/sys/net/ipv4/conf/TAP/rp_filter", "/proc/sys/net/ipv6/conf/TAP/disable_ipv6", NULL
};

const struct verb verb_create_tap = {
	.name = "create-tap",
	.summary = "a tap for one VM, joined to the bridge, up",
	.effect = "one link of kind tun, whose alias says that it is ours",
	.on_failure = "no link of that name",
	.note = "without uid= and gid= it belongs to the first of vm_uid and vm_gid; whatever a guest sends goes to the "
		"bridge, and nothing of it to the network stack of the tap itself",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_NETWORK,
	.handles = handles,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act }),
};
