/*
 * least.h: the least system calls that an operation takes: no checks, no cage.  Each gives 0 when it worked.
 */
#pragma once

/* A netlink socket, for the two that follow. */
int least_route(void);

/* RTM_NEWLINK: up, and into the bridge of that index when it is not 0. */
int least_link(const char *name, unsigned bridge);

/* RTM_DELLINK. */
int least_delete(const char *name);

/* Without a netlink socket: a bridge with that address, up. */
int least_bridge(const char *name, const char *address);

/* The three elements of a guest's, in the sets of ours, which must be there; in one transaction. */
int least_nat(const char *tap, const char *address);

/* A persistent tap of that uid and gid, up, on the bridge, which is up. */
int least_tap(const char *name, const char *bridge, unsigned id);

/* VM's chroot below the directory JAIL: two tmpfs, kernel and drive mounted into one, the other into that. */
int least_chroot(const char *jail, const char *vm, const char *kernel, const char *drive, unsigned id);

/* Takes that away. */
int least_cleanup(const char *jail, const char *vm);
