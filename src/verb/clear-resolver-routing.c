/*
 * clear-resolver-routing: systemd-resolved has no settings for the bridge.
 *
 * It forgets a link together with its settings, so that an absent bridge is done without asking.
 */
#include "sys/bus.h"
#include "sys/link.h"
#include "sys/netlink.h"
#include "sys/resolved.h"
#include "verb.h"

#include <errno.h>
#include <string.h>

static struct {
	struct link_name bridge;
} ask;

static const struct operand operands[] = {
	{ .name = "BRIDGE", .gate = &gate_bridge, .into = &ask.bridge },
	LIST_END
};

static int
revert(int index)
{
	int now, rc = bus_greet();

	if (rc < 0)
		return rc;
	rc = resolved_revert(index);
	if (rc == -ESRCH || rc == -ENODEV || rc == -EPERM)
		return rc;
	/* Also where the answer was lost: what it has now counts. */
	now = resolved_check_none(index);
	return now < 0 && rc < 0 ? rc : now;
}

static enum code
act(const struct settings *settings)
{
	struct link bridge;
	int rc = link_find(&ask.bridge, &bridge);

	(void)settings;
	/* An alternative name is another link's business. */
	if (rc == -ENODEV || rc == -EEXIST)
		return CODE_DONE;
	if (rc < 0)
		return failed(rc, "cannot find the bridge");
	if (strcmp(bridge.kind, "bridge") != 0)
		return refused(REASON_FOREIGN, "the link of that name is not a bridge");
	rc = revert(bridge.index);
	if (rc == 0 || rc == -ESRCH || rc == -ENODEV)
		return CODE_DONE;
	if (rc == -EPERM)
		return refused(REASON_FOREIGN, "systemd-networkd manages the bridge");
	if (rc == -ENOENT)
		return refused(REASON_FAILED, "systemd-resolved keeps its settings for the bridge");
	return failed(rc, "cannot revert what systemd-resolved does with the bridge");
}

static const struct handle handles[] = {
	{ "libmnl and a netlink socket", netlink_open },
	{ "libsystemd and the system's D-Bus", bus_open },
	LIST_END
};

static const struct call calls[] = {
	CALL_IF(sendto, 0, FD_NETLINK, "requests to rtnetlink"),
	CALL_IF(recvfrom, 0, FD_NETLINK, "its answers"),
	RESOLVED_CALLS,
	LIST_END
};

static const char *const paths[] = { "/run/dbus/system_bus_socket", NULL };

const struct verb verb_clear_resolver_routing = {
	.name = "clear-resolver-routing",
	.summary = "no settings for the bridge are left in systemd-resolved",
	.effect = "systemd-resolved has no settings for the bridge",
	.on_failure = "the settings as they were; or none, where the D-Bus connection broke before the answer",
	.note = "done, too, without systemd-resolved and without the bridge",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_NETWORK,
	.handles = handles,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .calls = calls }, .act = act }),
};
