/*
 * tap.h: taps, by way of /dev/net/tun (Documentation/networking/tuntap.rst).
 *
 * A tap lives as long as a descriptor holds it, unless it is made persistent.  The verbs that make and take
 * away taps lean on that: one that is not finished goes away with the process, however that ends, and one
 * that somebody else holds cannot be taken.
 *
 * One at a time, on FD_TUN.  What touches it gives 0 or -errno.
 */
#pragma once

#include "gate/settings.h"
#include "sys/link.h"

/* FD_TUN: /dev/net/tun, before the cage closes.  As device_open. */
int tap_open(void);

/* A new tap on FD_TUN, not persistent yet.  -EBUSY when any link has the name. */
int tap_create(const struct link_name *name);

/* Takes hold of an existing persistent tap.  -EBUSY when somebody holds it. */
int tap_attach(const struct link_name *name);

/* Who may take hold of it without CAP_NET_ADMIN: a process with that uid and that group. */
int tap_set_owner(uid_t uid, gid_t gid);

/* Whether the tap stays when FD_TUN is closed. */
int tap_set_persistent(bool persistent);

/* Lets go of it: the end of a tap that is not persistent.  Returns when the link is gone. */
void tap_close(void);

/* Takes hold of it and lets it go for good; -EBUSY when somebody holds it.  Not by RTM_DELLINK, which would take it from
 * under a running VM. */
int tap_delete(const struct link_name *name);

/* The tag of our taps: their alias, which only CAP_NET_ADMIN can set.  vm may be "". */
void tap_alias(const char *vm, char *out, size_t size);
bool tap_is_ours(const struct link *link);

/* Which VM one of ours is tagged with; "" is none. */
const char *tap_vm(const struct link *link);
