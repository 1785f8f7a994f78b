/*
 * ensure-nat: a guest gets out by the host's uplink, with its own address and no other.
 *
 * Lasting effect: an element in each set of our two tables, a rule of ours where forward chains
 * drop what nothing has accepted, forwarding.  All but the latter come in one transaction of the kernel's.
 */
#include "sys/link.h"
#include "sys/nat.h"
#include "sys/netlink.h"
#include "sys/sysctl.h"
#include "sys/tap.h"
#include "verb.h"

#include <errno.h>

static struct {
	struct guest guest;
	struct vm_id vm;
} ask;

static const struct operand operands[] = {
	{ .name = "GUEST_IP", .gate = &gate_guest_ip, .into = &ask.guest.address },
	{ .name = "TAP", .gate = &gate_tap_name, .into = &ask.guest.tap },
	{ .name = "vm=", .value = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm, .occurs = MAYBE },
	LIST_END
};

static enum code
check_tap(void)
{
	struct link tap;
	int rc = link_find(&ask.guest.tap, &tap);

	if (rc == -ENODEV)
		return refused(REASON_ABSENT, "the tap is not there; create-tap makes it");
	if (rc == -EEXIST || (rc == 0 && !tap_is_ours(&tap)))
		return refused(REASON_FOREIGN, "the link of that name is not a tap of ours");
	return rc < 0 ? failed(rc, "cannot find the tap") : CODE_DONE;
}

/* Left on for good: by the time that the last guest goes, others may rely on it. */
static int
forward_packets(const struct settings *settings)
{
	int rc = sysctl_set("ipv4/ip_forward", 1);

	return rc < 0 ? rc : sysctl_set_link("ipv4", settings->bridge.text, "forwarding", 1);
}

static enum code
check_way(const struct nat *nat, enum nat_place place, const struct settings *settings)
{
	const struct forward_chain *obstacle = forward_obstacle(&nat->forward, settings->forward_hook);

	if (place == NAT_TAKEN)
		return refused(REASON_EXISTS, "the address is another tap's; remove-nat takes it from there");
	if (nat->forward.too_many)
		return refused(REASON_FAILED, "the host has more forward chains, or more jumps in them, than are followed");
	if (obstacle)
		return refused(REASON_FAILED, "the chain %s of the nft table %s drops what is forwarded; %s",
			       obstacle->name, obstacle->table, obstacle->is_owned ?
			       "whose table it is lets nobody else accept guests there" :
			       "set forward_hook = yes, and it gets a rule of ours that accepts guests");
	return CODE_DONE;
}

/* Looks again whenever somebody else has changed the rules meanwhile. */
static enum code
let_out(const struct settings *settings, enum nat_place *place)
{
	const char *cannot;
	struct nat nat;
	enum code code;
	int rc, tries = NAT_TRIES;

	do {
		cannot = "read the packet filter";
		rc = nat_look(settings, &nat);
		if (rc == 0)
			rc = nat_find(&ask.guest, place);
		code = rc == 0 ? check_way(&nat, *place, settings) : CODE_DONE;
		if (rc == 0 && code == CODE_DONE)
			rc = nat_add(&nat, settings, &ask.guest, ask.vm.text, &cannot);
	} while (rc == -EBUSY && --tries > 0);
	return rc < 0 ? failed(rc, "cannot %s", cannot) : code;
}

static enum code
act(const struct settings *settings)
{
	const char *cannot;
	enum nat_place place = NAT_OWN;
	enum code code = check_tap();
	int rc;

	if (code == CODE_DONE)
		code = let_out(settings, &place);
	if (code != CODE_DONE)
		return code;
	rc = forward_packets(settings);
	if (rc < 0 && place == NAT_FREE && nat_withdraw(settings, &ask.guest, &cannot) < 0)
		return failed(rc, "cannot switch forwarding on, nor, for the guest to be out again, %s", cannot);
	return rc < 0 ? failed(rc, "cannot switch forwarding on") : CODE_DONE;
}

static const struct handle handles[] = {
	{ "libmnl and a netlink socket", netlink_open, mnl_open },
	{ "a socket to nf_tables", nft_open },
	{ "/proc/sys/net", sysctl_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(NET_ADMIN, "nf_tables and the switches of forwarding"),
	LIST_END
};

static const struct call calls[] = {
	CALL_IF(sendto, 0, FD_NETLINK, "asks for the tap"),
	CALL_IF(recvfrom, 0, FD_NETLINK, "the answer"),
	CALL_IF(sendto, 0, FD_NETFILTER, "questions to nf_tables, and one transaction"),
	CALL_IF(recvfrom, 0, FD_NETFILTER, "the answers"),
	CALL_IF(openat2, 0, FD_SYSCTL, "the switches of forwarding"),
	CALL(read, "what they are"),
	CALL(pwrite64, "switches them on"),
	LIST_END
};

static const char *const paths[] = {
	"/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/<bridge>/forwarding", NULL
};

const struct verb verb_ensure_nat = {
	.name = "ensure-nat",
	.summary = "a guest gets out by the uplink, masqueraded, with that address and no other",
	.effect = "the guest's elements in the nft tables \"bridge banger-priv\" and \"ip banger-priv\"; one rule in each "
		  "forward chain that drops, by policy or by its last rule (forward_hook); forwarding is on",
	.on_failure = "the packet filter as it was, unless the message says that this cannot be known; a guest that had NAT "
		      "before keeps it; forwarding may be on for the host, and is off for the bridge",
	.note = "guests do not reach 169.254.0.0/16, nor what forward_hook = no leaves closed, nor what somebody else's rules "
		"with a condition deny them, such as those of a firewalld zone that the bridge is in; while there is a guest "
		"with NAT, frames of guests that are neither IPv4 nor ARP are dropped",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_NETWORK,
	.handles = handles,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act }),
};
