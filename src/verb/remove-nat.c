/*
 * remove-nat: a guest gets out no more.
 *
 * With the last guest everything of ours goes but forwarding, on which others may rely by now: what
 * comes from the bridge alone is not forwarded any more, since no table of ours would stop it.
 */
#include "sys/nat.h"
#include "sys/netlink.h"
#include "sys/sysctl.h"
#include "verb.h"

static struct {
	struct guest guest;
} ask;

static const struct operand operands[] = {
	{ .name = "GUEST_IP", .gate = &gate_guest_ip, .into = &ask.guest.address },
	{ .name = "TAP", .gate = &gate_tap_name, .into = &ask.guest.tap },
	LIST_END
};

static enum code
act(const struct settings *settings)
{
	const char *cannot;
	int rc = nat_withdraw(settings, &ask.guest, &cannot);

	return rc < 0 ? failed(rc, "cannot %s", cannot) : CODE_DONE;
}

static const struct handle handles[] = {
	{ "libmnl", netlink_open, mnl_open },
	{ "a socket to nf_tables", nft_open },
	{ "/proc/sys/net", sysctl_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(NET_ADMIN, "nf_tables and the bridge's switch of forwarding"),
	LIST_END
};

static const struct call calls[] = {
	CALL_IF(sendto, 0, FD_NETFILTER, "questions to nf_tables, and one transaction"),
	CALL_IF(recvfrom, 0, FD_NETFILTER, "the answers"),
	CALL_IF(openat2, 0, FD_SYSCTL, "the bridge's switch of forwarding"),
	CALL(read, "what it is"),
	CALL(pwrite64, "switches it off with the last guest"),
	LIST_END
};

static const char *const paths[] = { "/proc/sys/net/ipv4/conf/<bridge>/forwarding", NULL };

const struct verb verb_remove_nat = {
	.name = "remove-nat",
	.summary = "the guest gets out no more; absent is done",
	.effect = "no element of the guest's is left; with the last guest go our nft tables, our rules in other "
		  "chains, and forwarding from the bridge",
	.on_failure = "the packet filter as it was, unless the message says that this cannot be known",
	.note = "the switch net.ipv4.ip_forward stays on: others may rely on it by now",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_NETWORK,
	.handles = handles,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act }),
};
