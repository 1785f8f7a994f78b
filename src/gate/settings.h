/*
 * settings.h: the configured values, as gated types.  config fills them; gates fit operands to
 * them; verbs read them.  Every struct that a shape template may name starts with its text.
 */
#pragma once

#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	LIST_MAX = 32,
	VM_ID_MAX = 32,
	DOMAIN_MAX = 63,
	CONFIGURED_PATH_MAX = 1024,
	/* sudo takes no pattern of more than 1024 bytes, and one carries this four times, each byte quoted perhaps. */
	STATE_DIR_MAX = 64,
	/* sun_path is 108 bytes and ends with a NUL (unix(7)). */
	SOCKET_PATH_MAX = 107,
};

/* Inside a VM's chroot, the one directory where owner and VM both reach sockets. */
#define SOCKET_DIR_INSIDE "sockets"

struct path { char text[PATH_MAX]; };           /* canonical and absolute */
struct configured_path { char text[CONFIGURED_PATH_MAX + 1]; };
struct link_name { char text[IFNAMSIZ]; };      /* 1 to 15 bytes */
struct domain { char text[DOMAIN_MAX + 1]; };
/* A uid of 0 is "not known": never an owner, never an admin.  listed: /etc/passwd has an entry of it. */
struct account { char text[33]; bool listed; uid_t uid; gid_t gid; };
struct id_range { char text[22]; uid_t first, last; };
struct network { char text[19]; struct in_addr address; unsigned prefix; };
struct account_list { struct account each[LIST_MAX]; unsigned count; };
struct resolver {
	int family;
	uint16_t port;
	union { struct in_addr v4; struct in6_addr v6; } address;
};
struct verb_name { char text[33]; };
struct verb_list { struct verb_name each[LIST_MAX]; unsigned count; };

struct settings {
	struct account owner;
	struct account_list admins;
	struct configured_path state_dir, jail_dir, runtime_dir;
	struct link_name bridge, tap_prefix, uplink;    /* uplink "": any but the bridge */
	struct network bridge_address;
	struct domain dns_domain;
	struct configured_path firecracker, jailer;
	struct id_range vm_uid, vm_gid;
	bool forward_hook, guest_isolation;
	struct verb_list batch;
};
