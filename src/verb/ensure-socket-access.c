/*
 * ensure-socket-access: each socket is there, the owner's, mode 0600.
 *
 * Waits for all of them at once; gives none away before all have been seen and checked.
 */
#include "sys/socket-file.h"
#include "verb.h"

#include <errno.h>
#include <unistd.h>

enum { SOCKETS_MAX = 32, STANDARD_TIMEOUT_MS = 5000, SOCKET_MODE = 0600 };

static struct {
	struct socket_path sockets[SOCKETS_MAX];
	struct timeout timeout;
} ask;

static struct many sockets = { .size = sizeof(ask.sockets[0]), .max = SOCKETS_MAX };

static const struct operand operands[] = {
	{ .name = "SOCKET", .gate = &gate_socket, .into = ask.sockets, .occurs = ONE_OR_MORE,
	  .many = &sockets },
	{ .name = "timeout=", .value = "MS", .gate = &gate_timeout, .into = &ask.timeout,
	  .occurs = MAYBE },
	LIST_END
};

static struct pinned {
	int fd;
	struct stat was;
} pinned[SOCKETS_MAX];

/* Pins every socket, or none: -ENOENT when one is not there yet, and nothing worse is known of any.
 * *which is the one that the error is about. */
static int
pin_all(const struct settings *settings, bool watch, unsigned *which)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < sockets.count && (rc == 0 || rc == -ENOENT); i++) {
		pinned[i].fd = socket_pin(&ask.sockets[i], settings, watch, &pinned[i].was);
		if (pinned[i].fd >= 0 || (rc == -ENOENT && pinned[i].fd == -ENOENT))
			continue;
		rc = pinned[i].fd;
		*which = i;
	}
	if (rc < 0)
		while (i-- > 0)
			if (pinned[i].fd >= 0)
				close(pinned[i].fd);
	return rc;
}

static int
wait_for_all(const struct settings *settings, unsigned *which)
{
	int64_t deadline = waiting_clock() + (ask.timeout.given ? ask.timeout.ms : STANDARD_TIMEOUT_MS);
	int waited = 0, watching, rc = pin_all(settings, false, which);

	/* Nothing is pinned now that could have its number. */
	if (rc == -ENOENT && (watching = socket_watch_open()) < 0)
		return watching;
	while (rc == -ENOENT && waited == 0) {
		/* Looks again once it watches: what comes after that is reported. */
		rc = pin_all(settings, true, which);
		if (rc == -ENOENT) {
			waited = waiting_for_next(FD_INOTIFY, deadline, ask.sockets[*which].text);
			socket_watch_forget();
		}
	}
	/* A mount is no event: the last word is a look. */
	if (waited == -ETIMEDOUT)
		rc = pin_all(settings, false, which);
	return rc == -ENOENT ? waited : rc;
}

/* All, or none. */
static int
give_all(const struct account *owner)
{
	int rc = 0;
	unsigned i;

	for (i = 0; i < sockets.count && rc == 0; i++)
		rc = socket_give(pinned[i].fd, owner->uid, owner->gid, SOCKET_MODE);
	if (rc < 0)
		while (i-- > 0)
			socket_give(pinned[i].fd, pinned[i].was.st_uid, pinned[i].was.st_gid,
				    pinned[i].was.st_mode & 07777);
	return rc;
}

static enum code
act(const struct settings *settings)
{
	const char *why;
	enum reason reason;
	unsigned which = 0;
	int rc = wait_for_all(settings, &which);

	reason = socket_objection(rc, &why);
	if (reason != REASON_NONE)
		return refused(reason, "SOCKET %u %s", which + 1, why);
	if (rc == -ETIMEDOUT)
		return refused(REASON_TIMEOUT, "SOCKET %u has not come up", which + 1);
	if (rc < 0)
		return failed(rc, "cannot reach SOCKET %u", which + 1);
	rc = give_all(&settings->owner);
	return rc < 0 ? failed(rc, "cannot give the sockets to the owner") : CODE_DONE;
}

static const struct handle handles[] = {
	{ "a descriptor for the signals that end a wait", waiting_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(DAC_READ_SEARCH, "directories of the owner's, and those that the jailer makes the VM's alone"),
	CAP(CHOWN, "gives the socket to the owner"),
	CAP(FOWNER, "sets the mode of a socket that is not nobody's"),
	LIST_END
};

static const struct call calls[] = {
	SOCKET_PIN_CALLS,
	CALL(fchdir, "into each directory that is watched"),
	CALL(inotify_add_watch, "watches it"),
	SOCKET_WATCH_CALLS,
	CALL(ppoll, "waits for that, for the deadline and for signals"),
	CALL_NR(fchmodat2, 452, "the socket's mode"),
	CALL(chmod, "the same before Linux 6.6, through /proc/self/fd"),
	CALL(fchownat, "its owner"),
	LIST_END
};

static const char *const paths[] = {
	"what is below runtime_dir and in the jails of VMs; /proc/self/fd before Linux 6.6", NULL
};

const struct verb verb_ensure_socket_access = {
	.name = "ensure-socket-access",
	.summary = "waits for each socket (5000 ms, all at once) and gives it to the owner, mode 0600",
	.effect = "the owner and mode of the sockets",
	.on_failure = "the sockets as they were",
	.note = "only who may connect changes, not which process listens",
	.operands = operands,
	.paths = paths,
	.handles = handles,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act }),
};
