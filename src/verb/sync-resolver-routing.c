/*
 * sync-resolver-routing: systemd-resolved asks the daemon's DNS server for names in dns_domain, and
 * for no others.
 *
 * Lasting effect: systemd-resolved's settings of one link, until they are cleared, the link goes or
 * the host restarts.  When a step fails the link has none.
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
	struct resolver resolver;
} ask;

static const struct operand operands[] = {
	{ .name = "BRIDGE", .gate = &gate_bridge, .into = &ask.bridge },
	{ .name = "RESOLVER", .gate = &gate_resolver, .into = &ask.resolver },
	LIST_END
};

static enum code
explain_failure(int rc)
{
	switch (rc) {
	case -ESRCH:
		return refused(REASON_FAILED, "systemd-resolved does not run on this host");
	case -EPERM:
		return refused(REASON_FOREIGN, "systemd-networkd manages the bridge; the domain has to be "
			       "set there");
	case -ENODEV:
		return refused(REASON_FAILED, "systemd-resolved does not know the bridge");
	case -ENOENT:
		return refused(REASON_FAILED, "systemd-resolved does not have what it was told");
	default:
		return failed(rc, "cannot route the domain through systemd-resolved");
	}
}

static enum code
act(const struct settings *settings)
{
	const struct domain *domain = &settings->dns_domain;
	struct link bridge;
	int rc = link_find(&ask.bridge, &bridge);

	if (rc == -ENODEV)
		return refused(REASON_ABSENT, "the bridge is not there; ensure-bridge makes it");
	if (rc == -EEXIST || (rc == 0 && strcmp(bridge.kind, "bridge") != 0))
		return refused(REASON_FOREIGN, "the link of that name is not a bridge");
	if (rc < 0)
		return failed(rc, "cannot find the bridge");
	rc = bus_greet();
	if (rc == 0)
		rc = resolved_check(bridge.index, &ask.resolver, domain);
	if (rc != -ENOENT)
		return rc == 0 ? CODE_DONE : explain_failure(rc);
	rc = resolved_route(bridge.index, &ask.resolver, domain);
	if (rc == 0)
		rc = resolved_check(bridge.index, &ask.resolver, domain);
	if (rc < 0) {
		resolved_revert(bridge.index);
		return explain_failure(rc);
	}
	return CODE_DONE;
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

const struct verb verb_sync_resolver_routing = {
	.name = "sync-resolver-routing",
	.summary = "RESOLVER gets systemd-resolved's questions for names in dns_domain, and no others",
	.effect = "systemd-resolved's settings for the bridge: one server, one routed domain, no default "
		  "route",
	.on_failure = "systemd-resolved has no settings for the bridge, or those that it had; where the D-Bus connection "
		      "broke, what it had been told by then",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_NETWORK,
	.handles = handles,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .calls = calls }, .act = act }),
};
