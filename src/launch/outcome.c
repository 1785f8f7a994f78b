/*
 * outcome.c: what becomes of a launch: its VM is the owner's to reach, or nothing of it is left.
 */
#include "launch/launching.h"

#include "keep.h"
#include "sys/cgroup.h"
#include "sys/handover.h"
#include "sys/patience.h"
#include "sys/pidfd.h"

#include <errno.h>

enum { CGROUP_MS = 3000 };

enum code
outcome_silent(int rc)
{
	if (rc == -ESRCH)
		return refused(REASON_FAILED, "the jailer or firecracker gave up");
	if (rc == -ETIMEDOUT)
		return refused(REASON_TIMEOUT, "the API socket has not answered");
	if (rc == -EPROTO || rc == -EMSGSIZE)
		return refused(REASON_FAILED, "what listens at the API socket does not answer as a VMM does");
	if (rc == -EPERM)
		return refused(REASON_FAILED, "somebody else listens at the API socket");
	return failed(rc, "cannot reach the API socket");
}

enum code
outcome_let_owner_in(const struct vm_id *vm, bool console, const struct settings *settings)
{
	int rc;

	if (pidfd_has_ended(FD_CHILD) != 0)
		return outcome_silent(-ESRCH);
	if (console && pidfd_has_ended(FD_CONSOLE_CHILD) != 0)
		return refused(REASON_FAILED, "what appends the console to its file has ended");
	rc = handover_open_way(vm, settings);
	return rc < 0 ? failed(rc, "cannot open the way to its sockets") : CODE_DONE;
}

enum code
outcome_tell(const struct launched *launched, const struct vm_id *vm, const struct settings *settings)
{
	char api_socket[SOCKET_PATH_MAX + 1], socket_dir[SOCKET_PATH_MAX + 1];

	launch_sockets_path(settings, vm, "/" LAUNCH_SOCKET, api_socket, sizeof(api_socket));
	launch_sockets_path(settings, vm, "", socket_dir, sizeof(socket_dir));
	json_open(NULL, '{');
	json_number("pid", launched->launch.pid);
	json_number("uid", launched->launch.uid);
	json_text("api_socket", api_socket);
	json_text("socket_dir", socket_dir);
	json_text("socket_dir_inside", "/" SOCKET_DIR_INSIDE);
	json_close('}');
	print("\n");
	return CODE_DONE;
}

enum code
outcome_take_back(const struct launched *launched, const struct vm_id *vm)
{
	struct patience patience;
	const char *words;
	int rc = launch_end(&words);
	bool populated;

	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "process %d has not ended since it was killed; cleanup-vm, once it has",
			       launched->launch.pid);
	if (rc < 0 && rc != -EBADF)
		return failed(rc, "cannot end process %d", launched->launch.pid);
	/* Some kernels count a process in until it has been scheduled for the last time, which is after its end. */
	patience = patience_of(CGROUP_MS, "the VM's cgroup to be left");
	do
		populated = launched->has_cgroup && cgroup_remove(vm) == -EBUSY;
	while (populated && patience_left(&patience));
	if (populated)
		return refused(REASON_IN_USE, "its cgroup still has a process; cleanup-vm ends it");
	return rc == -EBADF ? CODE_DONE : refused(REASON_FAILED, "it said: %s", words);
}
