/*
 * netlink.h: conversations with the kernel over netlink(7), through libmnl.
 *
 * libmnl is not linked in but opened, by the verbs that use it and before the cage closes: Debian
 * ships no archive of it, and every library loaded with the program is paid for by every verb.
 */
#pragma once

#include <libmnl/libmnl.h>
#include <stddef.h>

/* The functions of libmnl that are used, by their own names and types. */
#define MNL_FUNCTIONS(F) \
	F(nlmsg_put_header) F(nlmsg_put_extra_header) F(nlmsg_get_payload) F(cb_run) \
	F(attr_put) F(attr_put_u8) F(attr_put_u32) F(attr_put_strz) F(attr_nest_start) F(attr_nest_end) \
	F(attr_parse) F(attr_parse_nested) F(attr_get_type) F(attr_validate) F(attr_get_u8) \
	F(attr_get_u32) F(attr_get_str) F(attr_get_payload) F(attr_get_payload_len)

#define MNL_MEMBER(function) typeof(mnl_##function) *function;
struct mnl { MNL_FUNCTIONS(MNL_MEMBER) };
#undef MNL_MEMBER

extern struct mnl mnl;

enum { NETLINK_BYTES = 8192 };

/* Opens the library and FD_NETLINK.  0 or -errno; -ELIBACC when the library is not there. */
int netlink_open(void);

/* A socket of that netlink protocol on that descriptor.  0 or -errno. */
int netlink_open_socket(int protocol, int descriptor);

/* Begins a request in a buffer of NETLINK_BYTES: header and an extra header of `size` bytes, zeroed,
 * which *extra points to.  flags are NLM_F_*, besides NLM_F_REQUEST. */
struct nlmsghdr *netlink_request(void *buffer, int type, int flags, size_t size, void *extra);

/* Sends a request over FD_NETLINK and reads until the kernel has answered it whole; each message of
 * the answer goes to callback (may be NULL).  0 or the kernel's -errno; -EBUSY when what was asked about
 * changed meanwhile. */
int netlink_talk(struct nlmsghdr *request, mnl_cb_t callback, void *data);

/* The same over any descriptor, for `length` bytes of requests that the kernel answers as one: the
 * first error, the end of a dump or the one acknowledgement that was asked for is the end. */
int netlink_exchange(int descriptor, void *requests, size_t length, mnl_cb_t callback, void *data);
