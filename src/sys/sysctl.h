/*
 * sysctl.h: switches of the network namespace below /proc/sys/net
 * (Documentation/networking/ip-sysctl.rst).
 */
#pragma once

/* FD_SYSCTL: that directory, before the cage closes.  0 or -errno. */
int sysctl_open(void);

/* What `name`, a path below /proc/sys/net, is set to: a number of one digit, or -errno. */
int sysctl_get(const char *name);

/* Sets `name`, a path below /proc/sys/net, to a number of one digit, unless it is that already.
 * CAP_NET_ADMIN is enough, whatever the uid.
 * 0, -ENOENT (no such link, or a kernel without it), -EROFS, or what the kernel said. */
int sysctl_set(const char *name, int value);

/* The same for one link's switch: `family` is "ipv4" or "ipv6".  A link or a kernel that has no such
 * switch has nothing to set: that is 0. */
int sysctl_set_link(const char *family, const char *link, const char *name, int value);
