/*
 * ensure-bridge: the bridge that every tap joins, with its address, up.
 *
 * Lasting effect: one link.  What an interrupted call left is completed by the next one.
 */
#include "sys/link.h"
#include "sys/netlink.h"
#include "verb.h"

#include <errno.h>
#include <string.h>

static enum code
act(const struct settings *settings)
{
	const char *name = settings->bridge.text;
	struct link bridge;
	int rc = link_find(&settings->bridge, &bridge);

	if (rc == -ENODEV) {
		rc = link_create_bridge(&settings->bridge);
		if (rc == 0)
			rc = link_find(&settings->bridge, &bridge);
	}
	if (rc == -EEXIST)
		return refused(REASON_FOREIGN, "%s is the alternative name of another link", name);
	if (rc < 0)
		return failed(rc, "cannot make the bridge %s", name);
	if (strcmp(bridge.kind, "bridge") != 0)
		return refused(REASON_FOREIGN, "the link %s is not a bridge; remove it, or configure "
			       "another name", name);
	rc = link_add_address(bridge.index, &settings->bridge_address);
	if (rc < 0)
		return failed(rc, "cannot give %s its address", name);
	rc = link_set_up(bridge.index);
	if (rc < 0)
		return failed(rc, "cannot bring up %s", name);
	return CODE_DONE;
}

static const struct handle handles[] = {
	{ "libmnl and a netlink socket", netlink_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(NET_ADMIN, "RTM_NEWLINK and RTM_NEWADDR"),
	LIST_END
};

static const struct call calls[] = {
	CALL_IF(sendto, 0, FD_NETLINK, "requests to rtnetlink"),
	CALL_IF(recvfrom, 0, FD_NETLINK, "its answers"),
	LIST_END
};

const struct verb verb_ensure_bridge = {
	.name = "ensure-bridge",
	.summary = "the configured bridge exists, has its address and is up",
	.effect = "one link of kind bridge with one IPv4 address",
	.on_failure = "a bridge without address or not up, which the next call completes",
	.lock = LOCK_NETWORK,
	.handles = handles,
	.stages = { { .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act } },
};
