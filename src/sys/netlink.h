/*
 * netlink.h: conversations with the kernel over netlink(7), through libmnl.
 */
#pragma once

#include "sys/mnl.h"

#include <stddef.h>

enum { NETLINK_BYTES = 8192 };

/* Opens libmnl and FD_NETLINK.  0 or -errno; -ELIBACC when the library is not there. */
int netlink_open(void);

/* A socket of that netlink protocol on that descriptor.  0 or -errno. */
int netlink_open_socket(int protocol, int descriptor);

/* Begins a request in a buffer of NETLINK_BYTES: header and an extra header of `size` bytes, zeroed,
 * which *extra points to.  flags are NLM_F_*, besides NLM_F_REQUEST. */
struct nlmsghdr *netlink_request(void *buffer, int type, int flags, size_t size, void *extra);

/* Sends a request over FD_NETLINK and reads until the kernel has answered it whole; each message of
 * the answer goes to callback (may be NULL), also of one that the kernel broke off.  0 or the kernel's -errno; -EBUSY
 * when what was asked about changed meanwhile. */
int netlink_talk(struct nlmsghdr *request, mnl_cb_t callback, void *data);

/* The same over any descriptor, for `length` bytes of requests that the kernel answers as one: the
 * first error, the end of a dump or the one acknowledgement that was asked for is the end. */
int netlink_exchange(int descriptor, void *requests, size_t length, mnl_cb_t callback, void *data);
