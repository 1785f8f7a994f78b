/*
 * process-running: is that process the firecracker of that socket, and alive?
 *
 * The socket is not touched: it tells which VM is meant.
 */
#include "sys/process.h"
#include "verb.h"

#include <errno.h>

static struct {
	pid_t pid;
	struct socket_path socket;
} ask;

static const struct operand operands[] = {
	{ .name = "PID", .gate = &gate_pid, .into = &ask.pid },
	{ .name = "SOCKET", .gate = &gate_socket, .into = &ask.socket },
	LIST_END
};

static enum code
act(const struct settings *settings)
{
	const struct claim claim = { .socket = &ask.socket };
	const char *why;
	int rc = process_hold(ask.pid, &claim, settings);

	if (rc == -ESRCH || rc == -EPERM)
		return refused(REASON_NO, "no firecracker of ours runs there under that number");
	if (process_objection(rc, &claim, &why) != REASON_NONE)
		return refused(process_objection(rc, &claim, &why), "%s", why);
	return rc < 0 ? failed(rc, "cannot look at the process") : CODE_DONE;
}

static const struct cap caps[] = { PROCESS_HOLD_CAPS, LIST_END };

static const struct call calls[] = { PROCESS_HOLD_CALLS, LIST_END };

static const char *const paths[] = {
	"/proc/PID; the configured firecracker, and its copy in the VM's jail", NULL
};

const struct verb verb_process_running = {
	.name = "process-running",
	.summary = "yes (0) when the process is the firecracker of that socket, no (7) when not",
	.effect = "none",
	.on_failure = "nothing",
	.note = "one that has ended and waits for its parent is not running",
	.operands = operands,
	.paths = paths,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act }),
};
