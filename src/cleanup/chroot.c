/*
 * chroot.c: the VM's chroot goes, with its cgroup.
 */
#include "cleanup/cleaning.h"

#include "sys/cgroup.h"
#include "sys/chroot.h"
#include "sys/patience.h"
#include "verb.h"

#include <errno.h>

enum { CHROOT_MS = 3000 };

enum code
clean_up_chroot(const struct vm_id *vm, const struct settings *settings, struct left *left)
{
	struct patience patience = patience_of(CHROOT_MS, "the chroot to be left");
	struct jail_fault fault = { 0 };
	int rc;

	/* The end of a mount namespace comes after that of its last process. */
	do {
		rc = chroot_remove(vm, settings, &fault);
		if (rc == 0)
			rc = cgroup_remove(vm);
	} while (rc == -EBUSY && patience_left(&patience));
	left->no_chroot = rc == 0;
	/* Before anything below it was looked at. */
	if (fault.path)
		stage_touched_nothing();
	if ((rc == -EPERM || rc == -ELOOP) && fault.path)
		return leave(left, REASON_HOST, "the chroot (%.*s must be %s)", (int)fault.length, fault.path, fault.wanted);
	if (rc == -EOPNOTSUPP)
		return leave(left, REASON_HOST, "the chroot (whether its firecracker is executed cannot be told: "
			     "fs.leases-enable must be 1)");
	return rc < 0 ? leave(left, reason_of(rc), "the chroot (%s)", why(rc)) : CODE_DONE;
}
