/*
 * signal-process: a signal to a firecracker of ours.
 */
#include "sys/process.h"
#include "verb.h"

#include <errno.h>

static struct {
	pid_t pid;
	int signal;
	struct vm_id vm;
} ask;

static const struct operand operands[] = {
	{ .name = "PID", .gate = &gate_pid, .into = &ask.pid },
	{ .name = "SIGNAL", .gate = &gate_signal, .into = &ask.signal },
	{ .name = "vm=", .value = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm, .occurs = MAYBE },
	LIST_END
};

static enum code
act(const struct settings *settings)
{
	const struct claim claim = { .vm = ask.vm.text[0] ? &ask.vm : NULL };
	const char *why;
	int rc = process_hold(ask.pid, &claim, settings);

	if (rc == 0)
		rc = process_signal(ask.signal);
	if (process_objection(rc, &claim, &why) != REASON_NONE)
		return refused(process_objection(rc, &claim, &why), "%s", why);
	return rc < 0 ? failed(rc, "cannot signal the process") : CODE_DONE;
}

static const struct cap caps[] = {
	PROCESS_HOLD_CAPS,
	CAP(KILL, "signals a process of another uid"),
	LIST_END
};

static const struct call calls[] = {
	PROCESS_HOLD_CALLS,
	CALL_IF(pidfd_send_signal, 0, FD_PROCESS, "to the process that was looked at, and no other"),
	LIST_END
};

static const char *const paths[] = {
	"/proc/PID; the configured firecracker, and its copy in the VM's jail", NULL
};

const struct verb verb_signal_process = {
	.name = "signal-process",
	.summary = "sends a signal to a firecracker of ours",
	.effect = "one signal, to one process",
	.on_failure = "nothing",
	.operands = operands,
	.paths = paths,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act }),
};
