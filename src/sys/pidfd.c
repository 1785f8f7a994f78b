/*
 * pidfd.c: to be read from means ended (pidfd_open(2)).
 */
#include "sys/pidfd.h"

#include "say/say.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

int
pidfd_has_ended(int pidfd)
{
	struct pollfd process = { .fd = pidfd, .events = POLLIN };
	int ended = poll(&process, 1, 0);

	return ended < 0 ? -errno : ended;
}

int
pidfd_end(int pidfd, int timeout_ms, const char *what)
{
	struct pollfd process = { .fd = pidfd, .events = POLLIN };
	int64_t deadline = waiting_clock() + timeout_ms;
	int left;

	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0U) < 0)
		return errno == ESRCH ? 0 : -errno;
	waiting_begin(what);
	while ((left = waiting_left(deadline)) > 0)
		if (poll(&process, 1, left) > 0)
			return 0;
	return -EBUSY;
}
