/*
 * wait-for-exit: the process is gone.
 *
 * Two cages: one that looks whether it is the firecracker of that socket, and, for the hours that
 * may follow, one that can do nothing but wait.
 */
#include "sys/process.h"
#include "verb.h"

#include <errno.h>
#include <unistd.h>

static struct {
	pid_t pid;
	struct socket_path socket;
	struct timeout timeout;
} ask;

static const struct operand operands[] = {
	{ .name = "PID", .gate = &gate_pid, .into = &ask.pid },
	{ .name = "SOCKET", .gate = &gate_socket, .into = &ask.socket },
	{ .name = "timeout=", .value = "MS", .gate = &gate_timeout, .into = &ask.timeout,
	  .occurs = MAYBE },
	LIST_END
};

/* Leaves FD_PROCESS, or, where there is nothing to wait for, no such descriptor. */
static enum code
look(const struct settings *settings)
{
	const struct claim claim = { .socket = &ask.socket };
	const char *why;
	int rc = process_hold(ask.pid, &claim, settings);

	/* A number that somebody else has by now: the one that was meant is gone. */
	if (rc == -ESRCH || rc == -EPERM) {
		close(FD_PROCESS);
		return CODE_DONE;
	}
	if (process_objection(rc, &claim, &why) != REASON_NONE)
		return refused(process_objection(rc, &claim, &why), "%s", why);
	return rc < 0 ? failed(rc, "cannot look at the process") : CODE_DONE;
}

static enum code
wait_for_it(const struct settings *settings)
{
	int64_t deadline = ask.timeout.given ? waiting_clock() + ask.timeout.ms : FOR_EVER;
	int rc;

	(void)settings;
	/* poll(2) has something to say about a descriptor that is not open, too. */
	rc = waiting_for(FD_PROCESS, deadline, "the VMM to exit");
	if (rc == -ETIMEDOUT)
		return refused(REASON_TIMEOUT, "the process is still running");
	return rc < 0 ? failed(rc, "cannot wait") : CODE_DONE;
}

static const struct handle handles[] = {
	{ "a descriptor for the signals that end a wait", waiting_open },
	LIST_END
};

static const struct cap caps[] = { PROCESS_HOLD_CAPS, LIST_END };

static const struct call calls[] = { PROCESS_HOLD_CALLS, LIST_END };

static const struct call waiting_calls[] = {
	CALL(ppoll, "waits for the process, for the deadline and for signals"),
	LIST_END
};

static const char *const paths[] = {
	"/proc/PID; the configured firecracker, and its copy in the VM's jail", NULL
};

const struct verb verb_wait_for_exit = {
	.name = "wait-for-exit",
	.summary = "waits until the process, the firecracker of that socket, is gone",
	.effect = "none",
	.on_failure = "nothing",
	.note = "without timeout= it waits for ever; HUP, INT, QUIT and TERM end it",
	.operands = operands,
	.alone = true,
	.paths = paths,
	.handles = handles,
	.stages = STAGES(
		{
			.keep = { .as = AS_NOBODY, .caps = caps, .calls = calls },
			.opens = true, .act = look,
		},
		{ .keep = { .as = AS_NOBODY, .calls = waiting_calls }, .act = wait_for_it }
	),
};
