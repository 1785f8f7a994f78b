/*
 * resolved.h: what systemd-resolved does with the queries of one link: its D-Bus interface
 * org.freedesktop.resolve1(5), systemd 246 or later.
 *
 * bus_open and bus_greet come first.  Each gives 0 or -errno, among which
 *	-ESRCH		this host has no systemd-resolved
 *	-ENODEV		it knows no such link
 *	-EPERM		the link is systemd-networkd's, or the loopback
 */
#pragma once

#include "gate/gate.h"

/* 0 when there is one, whatever it does; -ESRCH; or -errno. */
int resolved_answers(void);

/* 0 when the link is asked for `~domain` and nothing else, of that resolver alone, and is no default
 * route; -ENOENT when it is not so. */
int resolved_check(int index, const struct resolver *resolver, const struct domain *domain);

/* 0 when the link is asked for nothing, of no resolver; -ENOENT when it is not so. */
int resolved_check_none(int index);

/* Routes the domain so, in the order in which no query goes astray on the way. */
int resolved_route(int index, const struct resolver *resolver, const struct domain *domain);

/* The link as if nobody had ever set anything. */
int resolved_revert(int index);

/* What all of these call, and bus_greet. */
#define RESOLVED_CALLS \
	CALL_IF(sendmsg, 0, FD_BUS, "calls to systemd-resolved"), \
	CALL_IF(recvmsg, 0, FD_BUS, "its answers"), \
	CALL(ppoll, "waits for them until the deadline"), \
	CALL(brk, "memory for them, if they are long")
