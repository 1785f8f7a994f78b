/*
 * send-ctrl-alt-del: asks the VMM for Ctrl-Alt-Del in the guest, the polite way to shut it down.
 *
 * No privilege at all: as the owner, who could do the same.  What answers may be anything, so that is
 * read in a second cage, which has one socket and nothing else.
 */
#include "sys/api.h"
#include "sys/socket-file.h"
#include "verb.h"

#include <errno.h>
#include <unistd.h>

static struct {
	struct socket_path socket;
} ask;

static const struct operand operands[] = {
	{ .name = "SOCKET", .gate = &gate_socket, .into = &ask.socket },
	LIST_END
};

static enum code
connect_to_it(const struct settings *settings)
{
	const char *why;
	enum reason reason;
	struct stat status;
	int rc, fd;

	fd = socket_pin(&ask.socket, settings, false, &status);
	reason = socket_objection(fd, &why);
	if (reason != REASON_NONE)
		return refused(reason, "SOCKET %s", why);
	if (fd < 0)
		return failed(fd, "cannot reach SOCKET");
	rc = api_connect(fd);
	close(fd);
	if (rc == -EACCES)
		return refused(REASON_FOREIGN, "SOCKET is not the owner's to connect to; "
			       "ensure-socket-access gives it");
	return rc < 0 ? failed(rc, "cannot connect to SOCKET") : CODE_DONE;
}

static enum code
talk(const struct settings *settings)
{
	static const char request[] =
		"PUT /actions HTTP/1.1\r\n"
		"Host: localhost\r\n"
		"Accept: application/json\r\n"
		"Content-Type: application/json\r\n"
		"Content-Length: 33\r\n"
		"\r\n"
		"{\"action_type\":\"SendCtrlAltDel\"}\n";
	int status = api_exchange(request);

	(void)settings;
	if (status == -EPROTO || status == -EMSGSIZE)
		return refused(REASON_FAILED, "what listens there does not answer as a VMM does");
	if (status < 0)
		return failed(status, "no answer from the VMM");
	if (status >= 300)
		return refused(REASON_FAILED, "the VMM answered with HTTP status %d", status);
	return CODE_DONE;
}

static const struct handle handles[] = {
	{ "a unix socket", api_open },
	LIST_END
};

static const struct call connecting_calls[] = { SOCKET_PIN_CALLS, API_CONNECT_CALLS, LIST_END };

static const struct call talking_calls[] = { API_EXCHANGE_CALLS, LIST_END };

static const char *const paths[] = {
	"what is below runtime_dir and in the jails of VMs; /proc/self/fd", NULL
};

const struct verb verb_send_ctrl_alt_del = {
	.name = "send-ctrl-alt-del",
	.summary = "asks the VMM at that socket for Ctrl-Alt-Del in the guest; 2 s in all",
	.effect = "one request to the VMM, as the owner",
	.on_failure = "nothing; after a timeout the VMM may still do it",
	.operands = operands,
	.paths = paths,
	.handles = handles,
	.stages = STAGES(
		{
			.keep = { .as = AS_OWNER, .calls = connecting_calls },
			.opens = true, .act = connect_to_it,
		},
		{ .keep = { .as = AS_OWNER, .calls = talking_calls }, .act = talk }
	),
};
