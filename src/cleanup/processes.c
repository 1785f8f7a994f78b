/*
 * processes.c: the VM's processes end: first what its cgroup has, then what stands outside it.
 */
#include "cleanup/cleaning.h"

#include "keep.h"
#include "sys/cgroup.h"
#include "sys/executable.h"
#include "sys/pidfd.h"
#include "sys/process.h"
#include "verb.h"

#include <errno.h>

enum { END_MS = 5000, STRAYS_MS = 10000 };

enum code
clean_up_processes(const struct vm_id *vm, const struct settings *settings, struct left *left)
{
	bool ran = cgroup_is_running(vm) != 0;
	int rc = cgroup_end(vm, END_MS), stray = executable_any_used(vm, settings);

	if (!ran && rc == 0)
		stage_touched_nothing();
	left->no_cgroup = rc == 0;
	/* Where no lease tells, all processes are looked at. */
	left->may_stray = stray > 0 || stray == -EOPNOTSUPP;
	left->ended = left->no_cgroup && stray == 0;
	if (rc < 0)
		return leave(left, reason_of(rc), "a process that does not end (%s), with chroot and snapshots", why(rc));
	if (stray < 0 && !left->may_stray)
		return leave(left, reason_of(stray), "what runs outside its cgroup (%s), with chroot and snapshots",
			     why(stray));
	return CODE_DONE;
}

/* Those that were started without us, or that root has taken out of the cgroup; all of them where there are no
 * cgroups.  Not for ever: whoever starts some may start them again. */
enum code
clean_up_strays(const struct vm_id *vm, const struct settings *settings, struct left *left)
{
	const char *objection;
	enum reason reason;
	int64_t deadline = waiting_clock() + STRAYS_MS;
	bool found = false;
	int pid, rc = 0;

	while (rc == 0 && (pid = process_hold_stray(vm, settings)) > 0 && waiting_clock() < deadline) {
		found = true;
		rc = pidfd_end(FD_PROCESS, END_MS, "the VM's process to end");
	}
	if (!found)
		stage_touched_nothing();
	if (rc < 0)
		return leave(left, reason_of(rc), "process %d (%s), with chroot and snapshots", pid, why(rc));
	if (pid > 0)
		return leave(left, REASON_IN_USE, "processes that are started again as they end, with chroot and snapshots");
	reason = process_objection(pid, NULL, &objection);
	if (reason == REASON_FOREIGN)
		return leave(left, reason, "chroot and snapshots (%s)", objection);
	if (pid != -ESRCH)
		return leave(left, reason_of(pid), "what runs outside its cgroup (%s), with chroot and snapshots", why(pid));
	left->ended = left->no_cgroup;
	return CODE_DONE;
}
