/*
 * delete-tap: the tap is gone.
 *
 * Whoever can take hold of a tap knows that it is idle, and a tap that is not persistent goes with the
 * descriptor.
 */
#include "sys/link.h"
#include "sys/netlink.h"
#include "sys/tap.h"
#include "verb.h"

#include <errno.h>
#include <linux/if_tun.h>

static struct {
	struct link_name tap;
} ask;

static const struct operand operands[] = {
	{ .name = "TAP", .gate = &gate_tap_name, .into = &ask.tap },
	LIST_END
};

static enum code
act(const struct settings *settings)
{
	struct link tap;
	int rc = link_find(&ask.tap, &tap);

	(void)settings;
	/* An alternative name is another link's business: none of that name is what was asked. */
	if (rc == -ENODEV || rc == -EEXIST)
		return CODE_DONE;
	if (rc < 0)
		return failed(rc, "cannot find the tap");
	if (!tap_is_ours(&tap))
		return refused(REASON_FOREIGN, "the link of that name is not a tap of ours");
	rc = tap_delete(&ask.tap);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "the tap is held open, by a VM perhaps");
	return rc < 0 ? failed(rc, "cannot take the tap away") : CODE_DONE;
}

static const struct handle handles[] = {
	{ "libmnl and a netlink socket", netlink_open, mnl_open },
	{ "/dev/net/tun (is the module tun there?)", tap_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(NET_ADMIN, "TUNSETIFF on a tap of another uid"),
	LIST_END
};

static const struct call calls[] = {
	CALL_IF(sendto, 0, FD_NETLINK, "requests to rtnetlink"),
	CALL_IF(recvfrom, 0, FD_NETLINK, "its answers"),
	CALL_IF(ioctl, 1, TUNSETIFF, "takes hold of the tap, if nobody else does"),
	CALL_IF(ioctl, 1, TUNSETPERSIST, "lets it go"),
	LIST_END
};

static const char *const paths[] = { "/dev/net/tun", NULL };

const struct verb verb_delete_tap = {
	.name = "delete-tap",
	.summary = "the tap is gone; one that a VM holds open is busy",
	.effect = "no link of that name",
	.on_failure = "the tap as it was",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_NETWORK,
	.handles = handles,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act }),
};
