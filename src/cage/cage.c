/*
 * cage.c: privileges, in the order that needs no system call in the filter that only drops them.
 */
#include "cage/cage.h"

#include "say/say.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Nothing may bring capabilities back: not exec by uid 0, not a change of uid, not an ambient set.
 * NO_SETUID_FIXUP also keeps the setresuid below from taking what keep lists. */
static const unsigned long locked_bits =
	SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
	SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

/* A program that is handed capabilities gets them the old way, by being executed as uid 0 with a
 * bounding set of just these, and a change of its uid takes them all: bits that keep it so are locked
 * clear.  Ambient capabilities would stay in its inheritable set for ever. */
static const unsigned long handing_bits =
	SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
	SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

static const struct cap no_caps[] = { LIST_END };

static bool
hands_over(const struct keep *keep)
{
	return keep->executes && keep->caps && keep->caps->name[0];
}

static unsigned long
bits_of(const struct keep *keep)
{
	return hands_over(keep) ? handing_bits : locked_bits;
}

static void
lock_securebits(unsigned long bits)
{
	if (prctl(PR_GET_SECUREBITS) == (int)bits)
		return;
	if (prctl(PR_SET_SECUREBITS, bits) < 0)
		die(REASON_CONFINEMENT, "cannot lock the securebits: CAP_SETPCAP is missing");
}

static void
change_ids(uid_t uid, gid_t gid)
{
	uid_t real, effective, saved;
	gid_t real_gid, effective_gid, saved_gid;

	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		die(REASON_CONFINEMENT, "cannot change to uid %u", uid);
	getresuid(&real, &effective, &saved);
	getresgid(&real_gid, &effective_gid, &saved_gid);
	if (real != uid || effective != uid || saved != uid || real_gid != gid ||
	    effective_gid != gid || saved_gid != gid || getgroups(0, NULL) != 0)
		die(REASON_CONFINEMENT, "the change to uid %u did not hold", uid);
}

static uint64_t
set_of(const struct cap *caps)
{
	uint64_t set = 0;

	for (; caps->name[0]; caps++)
		set |= UINT64_C(1) << caps->nr;
	return set;
}

/* For capget(2) and capset(2) with three sets of 64 bits, each in two halves. */
static struct __user_cap_header_struct
this_process(void)
{
	return (struct __user_cap_header_struct){ .version = _LINUX_CAPABILITY_VERSION_3 };
}

uint64_t
cage_bounding(const struct keep *keep)
{
	return hands_over(keep) ? set_of(keep->caps) : 0;
}

/* The kernel may know capabilities that came after this build: the first number that is none ends it.  Each is
 * dropped once, since it takes a new set of credentials each time. */
void
cage_bound(uint64_t bounding)
{
	static uint64_t left = UINT64_MAX;

	for (unsigned long nr = 0; nr < 64; nr++) {
		if (!(left >> nr & 1) || bounding >> nr & 1 || prctl(PR_CAPBSET_DROP, nr) == 0)
			continue;
		if (nr > CAP_LAST_CAP)
			break;
		die(REASON_CONFINEMENT, "cannot empty the bounding set: CAP_SETPCAP is missing");
	}
	left &= bounding;
}

static void
cut_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct header = this_process();
	struct __user_cap_data_struct halves[2] = {
		{ .effective = (uint32_t)kept, .permitted = (uint32_t)kept },
		{ .effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32) },
	};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) < 0 ||
	    syscall(SYS_capset, &header, halves) < 0)
		die(REASON_CONFINEMENT, "cannot cut the capabilities: is one that the row keeps missing?");
}

/* Nothing can be ambient that is not inheritable (capabilities(7)): the ambient set needs no look of its own. */
static void
verify_capabilities(uint64_t kept, uint64_t bounding)
{
	struct __user_cap_header_struct header = this_process();
	struct __user_cap_data_struct halves[2];

	if (syscall(SYS_capget, &header, halves) < 0)
		die(REASON_CONFINEMENT, "cannot read the capabilities back");
	if (halves[0].effective != (uint32_t)kept || halves[1].effective != (uint32_t)(kept >> 32) ||
	    halves[0].permitted != (uint32_t)kept || halves[1].permitted != (uint32_t)(kept >> 32) ||
	    halves[0].inheritable || halves[1].inheritable)
		die(REASON_CONFINEMENT, "the capabilities are not as this verb's row says");
	for (unsigned long nr = 0; nr < 64; nr++) {
		int in_bounding = prctl(PR_CAPBSET_READ, nr);

		if (in_bounding < 0 && nr > CAP_LAST_CAP)
			break;
		if (in_bounding != (int)(bounding >> nr & 1))
			die(REASON_CONFINEMENT, "capability %lu is not in the bounding set as this verb's row says", nr);
	}
}

static void
verify_flags(unsigned long bits)
{
	if (prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1 ||
	    prctl(PR_GET_SECUREBITS) != (int)bits || prctl(PR_GET_DUMPABLE) != 0)
		die(REASON_CONFINEMENT, "no_new_privs, the securebits or dumpable did not hold");
}

void
cage_close(const struct keep *keep, uid_t owner_uid, gid_t owner_gid)
{
	uint64_t kept = set_of(keep->caps ? keep->caps : no_caps), bounding = cage_bounding(keep);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		die(REASON_CONFINEMENT, "cannot set no_new_privs");
	if (keep->inside && setns(FD_MOUNTS, CLONE_NEWNS) < 0)
		die(REASON_CONFINEMENT, "cannot enter the mount namespace");
	if (geteuid() == 0) {
		lock_securebits(bits_of(keep));
		switch (keep->as) {
		case AS_ROOT:
			change_ids(0, 0);
			break;
		case AS_OWNER:
			change_ids(owner_uid, owner_gid);
			break;
		case AS_NOBODY:
		case AS_CALLER:
			change_ids(NOBODY, NOBODY);
			break;
		}
		/* A change of uid makes a process dumpable again where fs.suid_dumpable says so.  It has all
		 * its capabilities still, and so nobody of that uid can trace it yet (ptrace(2)). */
		prctl(PR_SET_DUMPABLE, 0UL);
		cage_bound(bounding);
		cut_capabilities(kept);
		verify_capabilities(kept, bounding);
		verify_flags(bits_of(keep));
	}
	cage_filter(keep);
}
