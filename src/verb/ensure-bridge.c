/*
 * ensure-bridge: the bridge that every tap joins, with its address, up.
 *
 * Lasting effect: one link.  What an interrupted call left is completed by the next one.
 */
#include "sys/link.h"
#include "sys/netlink.h"
#include "sys/sysctl.h"
#include "sys/tap.h"
#include "verb.h"

#include <errno.h>
#include <string.h>

/* A guest that says it is an IPv6 router would be the host's (CVE-2020-13401), and by a link-local
 * address it would reach what listens there. */
static int
close_to_ipv6(const char *bridge)
{
	int rc = sysctl_set_link("ipv6", bridge, "accept_ra", 0);

	return rc < 0 ? rc : sysctl_set_link("ipv6", bridge, "addr_gen_mode", 1 /* none */);
}

/* What the bridge lacks of what it should be. */
static enum code
complete(const struct settings *settings, const struct link *bridge)
{
	const char *name = settings->bridge.text;
	int rc;

	/* Down is what an interrupted call left, or what was made just now; one that is up may be
	 * somebody else's, with IPv6 on purpose. */
	rc = bridge->up ? 0 : close_to_ipv6(name);
	if (rc < 0)
		return failed(rc, "cannot keep %s from taking IPv6 routes from guests", name);
	rc = bridge->up ? 0 : link_fix_mac(bridge);
	if (rc < 0)
		return failed(rc, "cannot fix the MAC address of %s", name);
	rc = link_add_address(bridge->index, &settings->bridge_address);
	if (rc < 0)
		return failed(rc, "cannot give %s its address", name);
	rc = link_set_up(bridge->index);
	if (rc < 0)
		return failed(rc, "cannot bring up %s", name);
	rc = settings->guest_isolation ? link_isolate_ports(bridge->index, tap_is_ours) : 0;
	if (rc < 0)
		return failed(rc, "cannot isolate the ports of %s", name);
	return CODE_DONE;
}

/* By its name, which it was given exclusively: of one that could not be found there is nothing else. */
static void
take_away(const struct link_name *name)
{
	struct link bridge;

	if (link_find(name, &bridge) == 0 && strcmp(bridge.kind, "bridge") == 0)
		link_delete(bridge.index);
}

static enum code
act(const struct settings *settings)
{
	const char *name = settings->bridge.text;
	struct link bridge;
	enum code code;
	int rc = link_find(&settings->bridge, &bridge), made = -EEXIST;

	if (rc == -ENODEV) {
		made = link_create_bridge(&settings->bridge);
		/* The kernel's answer may be lost, and the bridge be there. */
		rc = link_find(&settings->bridge, &bridge);
		if (rc == -ENODEV)
			rc = made;
	}
	if (rc == 0 && strcmp(bridge.kind, "bridge") != 0)
		return refused(REASON_FOREIGN, "the link %s is not a bridge; remove it, or configure "
			       "another name", name);
	if (rc == -EEXIST)
		return refused(REASON_FOREIGN, "%s is the alternative name of another link", name);
	code = rc < 0 ? failed(rc, "cannot make the bridge %s", name) : complete(settings, &bridge);
	if (code != CODE_DONE && made == 0)
		take_away(&settings->bridge);
	return code;
}

static const struct handle handles[] = {
	{ "libmnl and a netlink socket", netlink_open, mnl_open },
	{ "/proc/sys/net", sysctl_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(NET_ADMIN, "RTM_NEWLINK, RTM_NEWADDR and the bridge's switches below /proc/sys/net"),
	LIST_END
};

static const struct call calls[] = {
	CALL_IF(sendto, 0, FD_NETLINK, "requests to rtnetlink"),
	CALL_IF(recvfrom, 0, FD_NETLINK, "its answers"),
	CALL_IF(openat2, 0, FD_SYSCTL, "the new bridge's accept_ra and addr_gen_mode"),
	CALL(read, "what they are"),
	CALL(pwrite64, "what they should be"),
	LIST_END
};

static const char *const paths[] = { "/proc/sys/net/ipv6/conf/<bridge>/{accept_ra,addr_gen_mode}", NULL };

const struct verb verb_ensure_bridge = {
	.name = "ensure-bridge",
	.summary = "the configured bridge exists, has its address and is up",
	.effect = "one link of kind bridge with one IPv4 address",
	.on_failure = "no new bridge; one that was there may have got its address or come up",
	.note = "a new bridge takes no IPv6 router advertisements, has no link-local address, and keeps its MAC address "
		"whatever joins it; guest_isolation = yes isolates the taps that are on it already, with no they stay "
		"as they are until create-tap",
	.paths = paths,
	.lock = LOCK_NETWORK,
	.handles = handles,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act }),
};
