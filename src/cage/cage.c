/*
 * cage.c: privileges, in the order that needs no system call in the filter that only drops them.
 */
#include "cage/cage.h"

#include "say/say.h"

#include <cap-ng.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { NOBODY = 65534 };

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
	return keep->executes && keep->caps && keep->caps->name;
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

	getresuid(&real, &effective, &saved);
	if (effective == uid && effective != 0)
		return;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		die(REASON_CONFINEMENT, "cannot change to uid %u", uid);
	getresuid(&real, &effective, &saved);
	getresgid(&real_gid, &effective_gid, &saved_gid);
	if (real != uid || effective != uid || saved != uid || real_gid != gid ||
	    effective_gid != gid || saved_gid != gid || getgroups(0, NULL) != 0)
		die(REASON_CONFINEMENT, "the change to uid %u did not hold", uid);
}

static bool
is_kept(const struct cap *caps, unsigned nr)
{
	for (; caps->name; caps++)
		if (caps->nr == (int)nr)
			return true;
	return false;
}

static void
cut_capabilities(const struct cap *caps, bool bounding)
{
	capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED | (bounding ? CAPNG_BOUNDING_SET : 0);

	capng_clear(CAPNG_SELECT_ALL);
	for (const struct cap *cap = caps; cap->name; cap++)
		capng_update(CAPNG_ADD, sets, (unsigned)cap->nr);
	if (capng_apply(CAPNG_SELECT_ALL) < 0)
		die(REASON_CONFINEMENT, "cannot cut the capabilities");
}

/* capng_apply of 0.8.3 says 0 without CAP_SETPCAP and leaves the bounding set full. */
static void
verify_capabilities(const struct cap *caps, bool bounding)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_get_caps_process() < 0)
		die(REASON_CONFINEMENT, "cannot read the capabilities back");
	for (unsigned nr = 0; nr <= CAP_LAST_CAP; nr++) {
		int kept = is_kept(caps, nr);

		if (capng_have_capability(CAPNG_EFFECTIVE, nr) != kept ||
		    capng_have_capability(CAPNG_PERMITTED, nr) != kept ||
		    capng_have_capability(CAPNG_INHERITABLE, nr) ||
		    (prctl(PR_CAPBSET_READ, (unsigned long)nr) > 0) != (kept && bounding) ||
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, (unsigned long)nr, 0UL, 0UL) > 0)
			die(REASON_CONFINEMENT, "capability %u is not as this verb's row says: is it in "
			    "this process's bounding set?", nr);
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
	const struct cap *caps = keep->caps ? keep->caps : no_caps;

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
		cut_capabilities(caps, hands_over(keep));
		verify_capabilities(caps, hands_over(keep));
		verify_flags(bits_of(keep));
	}
	cage_filter(keep);
}
