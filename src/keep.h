/*
 * keep.h: the words in which a verb's row says what it keeps once the cage is closed.
 *
 * Plain data with its reason beside it.  The cage enforces it, `explain` prints it, and
 * tests/surface.txt holds all of it, so that what root gives away shows in a diff.
 */
#pragma once

#include <linux/capability.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>       /* rows name ioctl requests */

/* Descriptors with fixed numbers, so that the filter can name them. */
enum descriptor {
	FD_AUDIT = 3,           /* the socket to /dev/log, or closed */
	FD_LOCK = 4,            /* what keeps two verbs off the same objects */
	FD_NETLINK = 5,         /* NETLINK_ROUTE */
	FD_TUN = 6,             /* /dev/net/tun */
};

/* Whose uid and gid a stage has.  uid 0 without capabilities still owns root's files, so
 * AS_ROOT wants a reason in the row's why_root. */
enum identity { AS_NOBODY, AS_OWNER, AS_ROOT, AS_CALLER };

struct cap {
	int nr;
	const char *name;
	const char *why;
};

#define CAP(cap_name, why_text) { CAP_##cap_name, "CAP_" #cap_name, why_text }

/* A system call that stays open, wholly or only where (argument & mask) == value. */
struct call {
	int nr;
	int arg;                /* index of the argument looked at, or ANY_ARGUMENTS */
	uint64_t mask;
	uint64_t value;
	const char *name;
	const char *value_name;
	const char *why;
};

#define ANY_ARGUMENTS (-1)
#define CALL(call_name, why_text) \
	{ SCMP_SYS(call_name), ANY_ARGUMENTS, 0, 0, #call_name, NULL, why_text }
/* For a call that libseccomp 2.5.4 does not know by name. */
#define CALL_NR(call_name, number, why_text) \
	{ number, ANY_ARGUMENTS, 0, 0, #call_name, NULL, why_text }
/* For arguments that the kernel reads as 32 bits (descriptors, ioctl requests, families): the
 * upper half is nothing to it, and nothing to the comparison. */
#define CALL_IF(call_name, arg_index, arg_value, why_text) \
	{ SCMP_SYS(call_name), arg_index, UINT32_MAX, (uint32_t)(arg_value), #call_name, #arg_value, \
	  why_text }

#define LIST_END { .name = NULL }

struct keep {
	enum identity as;
	const char *why_root;
	const struct cap *caps;         /* ends with LIST_END; NULL is none */
	const struct call *calls;       /* likewise; besides keep_always */
};

/* What every stage keeps: its own words, its memory, its end. */
extern const struct call keep_always[];
