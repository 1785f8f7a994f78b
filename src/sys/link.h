/*
 * link.h: network links, over rtnetlink(7).  All of them by index; by name only to find one.
 *
 * Each gives 0, -ENODEV when the link is not there (any more), or -errno.  A request may fail with a part of it
 * done: the kernel undoes nothing (do_setlink in net/core/rtnetlink.c).
 */
#pragma once

#include "gate/settings.h"

/* What the kernel says of a link. */
struct link {
	int index;
	char name[IFNAMSIZ];
	int master;                     /* index of the bridge it is a port of, or 0 */
	bool up;
	bool is_tap;                    /* kind tun, type tap (not a tun) */
	bool is_port;                   /* of a bridge */
	bool isolated;                  /* and does not talk to others that are isolated */
	bool bridges_all;               /* and gives all frames to the bridge, see link_set_port */
	unsigned char mac[6];
	char kind[16];                  /* "bridge", "tun", ...; "" for hardware */
	char alias[256];                /* IFALIASZ of linux/if.h */
};

/* The link of that very name in the network namespace of the caller.  A link that has the name as an
 * *alternative* name is -EEXIST: it is in the way, and it is not the one. */
int link_find(const struct link_name *name, struct link *out);

/* Calls each with every link of that kind, which is there for that call alone.  -EBUSY when links changed
 * meanwhile. */
int link_each(const char *kind, void (*each)(const struct link *link, void *data), void *data);

/* A new bridge; exclusively: -EEXIST when any link has the name. */
int link_create_bridge(const struct link_name *name);

/* The bridge keeps the MAC address that `bridge` says it has; else it takes the lowest of its ports', under
 * running guests that have another in their ARP tables. */
int link_fix_mac(const struct link *bridge);

/* Takes a link away, whoever uses it; done, too, when it is gone. */
int link_delete(int index);

/* Done, too, when the link has that address already. */
int link_add_address(int index, const struct network *network);

/* Done, too, when it is up. */
int link_set_up(int index);

/* Tags the link (alias, IFALIASZ - 1 bytes at most), makes it a port of master, a link's index, and brings it up,
 * in one request. */
int link_join(int index, int master, const char *alias);

/* A port gives all frames to the bridge; by itself it keeps those for the group addresses 01:80:c2:00:00:0x, whatever is
 * in them, for its own stack, past every filter of bridged frames (group_fwd_mask, Linux 4.15).  An isolated one and
 * others that are isolated do not talk to each other (4.18). */
int link_set_port(int index, bool isolated);

/* Isolates every port of the bridge that is one of those; read back, -EOPNOTSUPP when it did not hold. */
int link_isolate_ports(int bridge, bool (*is_one)(const struct link *link));
