/*
 * keep.h: the words in which a verb's row says what it keeps once the cage is closed.
 *
 * Plain data with its reason beside it.  The cage enforces it, `explain` prints it, and
 * tests/surface.txt holds all of it, so that what root gives away shows in a diff.
 */
#pragma once

#include <linux/capability.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>       /* rows name ioctl requests */

/* Descriptors with fixed numbers, so that the filter can name them. */
enum descriptor {
	FD_AUDIT = 3,           /* the socket to /dev/log, or closed */
	FD_LOCK = 4,            /* what keeps two verbs off the same objects */
	FD_NETLINK = 5,         /* NETLINK_ROUTE */
	FD_TUN = 6,             /* /dev/net/tun */
	FD_SIGNALS = 7,         /* signals that end a wait: signalfd(2) */
	FD_INOTIFY = 8,         /* directories that a socket will appear in */
	FD_PROCESS = 9,         /* the one process that the verb is about: a pidfd */
	FD_API = 10,            /* a unix socket to the VMM's API */
	FD_NETFILTER = 11,      /* NETLINK_NETFILTER */
	FD_SYSCTL = 12,         /* /proc/sys/net */
	FD_BUS = 13,            /* the system's D-Bus */
	FD_STAGE_LOCK = 14,     /* as FD_LOCK, for some stages of a verb */
	FD_DM = 18,             /* /dev/mapper/control */
	FD_LOOP = 19,           /* /dev/loop-control */
	FD_IMAGE = 20,          /* the ext4 image: a file or a device */
	FD_MOUNTS = 21,         /* a mount namespace, for the stage that is inside */
	FD_OUTPUT = 22,         /* what an executed program says */
	FD_OUTPUT_END = 23,     /* where it says it */
	FD_CHILD = 24,          /* the child that goes on beside the next stages, as a pidfd */
	FD_AHEAD = 25,          /* the child that goes ahead of the last stage, as a pidfd */
	FD_CONSOLE = 30,        /* the owner's file for a guest's serial console */
	FD_CONSOLE_OUT = 31,    /* what comes out of the console's pipe; close_range wants it behind FD_CONSOLE */
	FD_CGROUP = 32,         /* cgroup.procs of the VM's cgroup */
	FD_SOCKETS = 33,        /* the VM's socket directory */
	FD_EVENTS = 34,         /* an epoll of what a verb waits for at once */
	FD_JAILER = 35,         /* the checked binary */
	FD_CONSOLE_IN = 36,     /* what firecracker writes its console to */
	FD_CONSOLE_CGROUP = 37, /* cgroup.procs of the consoles' cgroup */
	FD_CONSOLE_CHILD = 38,  /* the child that appends the console, as a pidfd */
	FD_FILES = 40,          /* the first of the files that go into a VM's chroot, one after another */
	FD_PARTS = 64,          /* the first of a batch's children, one after another */
};

/* Whose uid and gid a stage has.  uid 0 without capabilities still owns root's files, so
 * AS_ROOT wants a reason in the row's why_root. */
enum { NOBODY = 65534 };        /* uid and gid; whose it is can reach such a stage, so no other has it */

enum identity { AS_NOBODY, AS_OWNER, AS_ROOT, AS_CALLER };

/* Texts lie in the rows, not behind pointers: the loader would have to write each of those anew in every call,
 * and the kernel to copy the page that it lies on.  tests/gate sees to it that each ends. */
enum { KEEP_NAME_BYTES = 24, KEEP_WHY_BYTES = 96 };

struct cap {
	int nr;
	char name[KEEP_NAME_BYTES];
	char why[KEEP_WHY_BYTES];
};

#define CAP(cap_name, why_text) { CAP_##cap_name, "CAP_" #cap_name, why_text }

/* A system call that stays open, wholly or only where (argument & mask) == value; or that is
 * answered with an error, for a library that asks and gets along without. */
struct call {
	int nr;
	int arg;                /* index of the argument looked at, or ANY_ARGUMENTS */
	uint64_t mask;
	uint64_t value;
	char name[KEEP_NAME_BYTES];
	char value_name[KEEP_NAME_BYTES];
	char why[KEEP_WHY_BYTES];
	int answer;             /* 0 lets it through, an errno answers it */
};

#define ANY_ARGUMENTS (-1)
#define CALL(call_name, why_text) \
	{ SCMP_SYS(call_name), ANY_ARGUMENTS, 0, 0, #call_name, "", why_text }
/* For a call that libseccomp 2.5.4 does not know by name. */
#define CALL_NR(call_name, number, why_text) \
	{ number, ANY_ARGUMENTS, 0, 0, #call_name, "", why_text }
/* For arguments that the kernel reads as 32 bits (descriptors, ioctl requests, families): the
 * upper half is nothing to it, and nothing to the comparison. */
#define CALL_IF(call_name, arg_index, arg_value, why_text) \
	{ SCMP_SYS(call_name), arg_index, UINT32_MAX, (uint32_t)(arg_value), #call_name, #arg_value, \
	  why_text }

#define DENY(call_name, errno_value, why_text) \
	{ SCMP_SYS(call_name), ANY_ARGUMENTS, 0, 0, #call_name, "", why_text, errno_value }
/* As CALL_IF, but answered. */
#define DENY_IF(call_name, arg_index, arg_value, errno_value, why_text) \
	{ SCMP_SYS(call_name), arg_index, UINT32_MAX, (uint32_t)(arg_value), #call_name, #arg_value, \
	  why_text, errno_value }
/* All of a call's flags that lie in the mask are set, as CLONE_NEWUSER in clone's. */
#define DENY_FLAG(call_name, arg_index, flag, errno_value, why_text) \
	{ SCMP_SYS(call_name), arg_index, (uint64_t)(flag), (uint64_t)(flag), #call_name, #flag, \
	  why_text, errno_value }
/* None of them is. */
#define DENY_WITHOUT(call_name, arg_index, flag, errno_value, why_text) \
	{ SCMP_SYS(call_name), arg_index, (uint64_t)(flag), 0, #call_name, "not " #flag, why_text, \
	  errno_value }

/* The last row of a list, whose name is none. */
#define LIST_END { 0 }

struct keep {
	enum identity as;
	const char *why_root;
	const struct cap *caps;         /* ends with LIST_END; NULL is none */
	const struct call *calls;       /* likewise; besides keep_always */
	/* The stage executes a program, which inherits the filter.  An allow-list would not survive the
	 * program's next version: every call stays but those of keep_from_programs that calls does
	 * not let through, and the denied ones of calls.  The program gets caps, and keeps none of
	 * them over a change of uid. */
	bool executes;
	bool inside;                    /* in the mount namespace that FD_MOUNTS holds */
};

/* What every stage keeps: its own words, its memory, its end. */
extern const struct call keep_always[];

/* What no executed program gets: EPERM. */
extern const struct call keep_from_programs[];
