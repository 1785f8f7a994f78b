/*
 * audit.c: one record before and one after each privileged verb, to syslog.
 *
 * Not syslog(3): that blocks when the daemon behind /dev/log does not read, and opens files long
 * after the cage is closed.  One connected, non-blocking datagram socket does neither.
 */
#include "say/say.h"

#include "keep.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* As much as rsyslogd takes; a call's operands can be longer, by far. */
enum { RECORD_BYTES = 8000 };

#define CUT " (cut)"
enum { OPERANDS_END = RECORD_BYTES - sizeof(CUT) };

static bool connected;
static bool begun;
static char record_caller[64];
static const char *record_verb;
static long process_id;
static struct timespec started;

/* Not on the stack: it would be cleared there, to its end, in every call. */
static char record[RECORD_BYTES];

void
audit_open(void)
{
	static const struct sockaddr_un log = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&log, sizeof(log)) == 0) {
		if (fd == FD_AUDIT) {
			connected = true;
			return;
		}
		connected = dup3(fd, FD_AUDIT, O_CLOEXEC) == FD_AUDIT;
	}
	close(fd);
}

static void
send_record(size_t length)
{
	if (connected)
		(void)send(FD_AUDIT, record, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* No byte more, escaped, and the NUL. */
static bool
is_full(size_t used)
{
	return used + sizeof("\\xNN") > OPERANDS_END;
}

void
audit_begin(const char *caller, const char *verb, char *const operands[])
{
	size_t used;

	clock_gettime(CLOCK_MONOTONIC, &started);
	begun = true;
	process_id = (long)getpid();     /* getpid is not among the calls that stay */
	/* SUDO_UID comes from sudo, but a root by hand may have inherited anything. */
	if (!caller)
		caller = "0";
	escape(record_caller, sizeof(record_caller), caller, strlen(caller));
	record_verb = verb;
	used = (size_t)snprintf(record, sizeof(record), "<%d>banger-priv[%ld]: begin uid=%s verb=%s",
				LOG_AUTHPRIV | LOG_INFO, process_id, record_caller, verb);
	for (size_t i = 0; operands[i] && !is_full(used); i++) {
		record[used++] = ' ';
		used += escape(record + used, OPERANDS_END - used, operands[i], strlen(operands[i]));
	}
	if (is_full(used))
		used += (size_t)snprintf(record + used, sizeof(CUT), CUT);
	send_record(used);
}

void
audit_leave(void)
{
	begun = false;
}

void
audit_end(enum code code, enum reason reason)
{
	struct timespec now;
	long long ms;
	int used;

	if (!begun)
		return;
	begun = false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - started.tv_sec) * 1000LL + (now.tv_nsec - started.tv_nsec) / 1000000;
	used = snprintf(record, sizeof(record), "<%d>banger-priv[%ld]: end uid=%s verb=%s code=%d%s%s ms=%lld",
			LOG_AUTHPRIV | LOG_INFO, process_id, record_caller, record_verb, (int)code,
			reason == REASON_NONE ? "" : " reason=",
			reason == REASON_NONE ? "" : reason_word(reason), ms);
	send_record((size_t)used);
}
