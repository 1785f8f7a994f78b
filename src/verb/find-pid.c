/*
 * find-pid: which process is the firecracker that listens at a socket, or that is a VM's.
 *
 * The kernel knows: SO_PEERCRED, or the cgroup.  No process is looked at but that one.  A VM that has no
 * cgroup is looked for behind the socket that launch-firecracker gives to it.
 */
#include "sys/api.h"
#include "sys/launch.h"
#include "sys/process.h"
#include "sys/socket-file.h"
#include "verb.h"

#include <errno.h>
#include <unistd.h>

static struct {
	struct listener listener;
} ask;

static const struct operand operands[] = {
	{ .name = "SOCKET|vm=VM_ID", .gate = &gate_listener, .into = &ask.listener },
	LIST_END
};

static enum code
nobody(void)
{
	return refused(REASON_NO, "no firecracker of ours is there");
}

static enum code
answer(int pid)
{
	const char *why;

	if (pid == -ESRCH || pid == -EPERM)
		return nobody();
	if (process_objection(pid, NULL, &why) != REASON_NONE)
		return refused(process_objection(pid, NULL, &why), "%s", why);
	if (pid < 0)
		return failed(pid, "cannot look at the process");
	json_open(NULL, '{');
	json_number("pid", pid);
	json_close('}');
	print("\n");
	return CODE_DONE;
}

static enum code
ask_socket(const struct socket_path *socket, const char *which, const struct settings *settings)
{
	const struct claim claim = { .vm = socket->vm.text[0] ? &socket->vm : NULL };
	struct stat status;
	const char *why;
	int rc, fd = socket_pin(socket, settings, false, &status);

	if (fd == -ENOENT || fd == -ENXIO)
		return nobody();
	if (socket_objection(fd, &why) != REASON_NONE)
		return refused(socket_objection(fd, &why), "%s %s", which, why);
	if (fd < 0)
		return failed(fd, "cannot reach %s", which);
	rc = api_connect(fd);
	close(fd);
	if (rc == -ECONNREFUSED)
		return nobody();
	if (rc == -EACCES)
		return refused(REASON_FOREIGN, "%s is not the owner's to connect to; "
			       "ensure-socket-access gives it", which);
	if (rc < 0)
		return failed(rc, "cannot connect to %s", which);
	return answer(process_hold_peer(FD_API, &claim, settings));
}

static enum code
ask_vm(const struct vm_id *vm, const struct settings *settings)
{
	struct socket_path socket = { .vm = *vm };
	int pid = process_hold_vmm(vm, settings);

	if (pid != -ENOENT)
		return answer(pid);
	launch_sockets_path(settings, vm, "/" LAUNCH_SOCKET, socket.text, sizeof(socket.text));
	return ask_socket(&socket, "the VM's API socket", settings);
}

static enum code
act(const struct settings *settings)
{
	return ask.listener.is_vm ? ask_vm(&ask.listener.vm, settings) :
	       ask_socket(&ask.listener.socket, "SOCKET", settings);
}

static const struct handle handles[] = {
	{ "a unix socket", api_open },
	LIST_END
};

static const struct cap caps[] = { PROCESS_HOLD_CAPS, LIST_END };

static const struct call calls[] = {
	API_CONNECT_CALLS,
	CALL_IF(getsockopt, 0, FD_API, "who listens"),
	PROCESS_HOLD_CALLS,
	LIST_END
};

static const char *const paths[] = {
	"what is below runtime_dir and in the jails of VMs; /proc/self/fd",
	"/proc/PID of that one process; the VM's cgroup; the configured firecracker", NULL
};

const struct verb verb_find_pid = {
	.name = "find-pid",
	.summary = "the process id of the firecracker that listens there, or that is that VM's",
	.effect = "none: one connection to the socket, made as the owner and closed again",
	.on_failure = "nothing",
	.operands = operands,
	.paths = paths,
	.handles = handles,
	.stages = STAGES({ .keep = { .as = AS_OWNER, .caps = caps, .calls = calls }, .act = act }),
};
