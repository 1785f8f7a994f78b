/*
 * waiting.c: for as long as it takes, but not out of a person's reach.
 *
 * The polite signals are blocked (tidy.h), so that none hits a verb between two steps.  A wait sees
 * them in a signalfd, which it does not read: the audit gets its record, and then the signal, still
 * pending, does what it does to every process.
 */
#include "say/say.h"

#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { A_SECOND = 1000 };

static bool watched;            /* stderr is a terminal: somebody may be looking */
static const char *awaited = "";
static int64_t began, next_word;

void
waiting_look(void)
{
	struct stat status;

	/* Not isatty alone: asked of a socket, that request means something else (CVE-2023-2002).  /dev/null and
	 * its kind (major 1) are none. */
	watched = fstat(STDERR_FILENO, &status) == 0 && S_ISCHR(status.st_mode) && major(status.st_rdev) != 1 &&
		  isatty(STDERR_FILENO);
}

int
waiting_open(void)
{
	sigset_t ending;
	int fd;

	sigemptyset(&ending);
	sigaddset(&ending, SIGHUP);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGQUIT);
	sigaddset(&ending, SIGTERM);
	fd = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fd != FD_SIGNALS) {
		if (dup3(fd, FD_SIGNALS, O_CLOEXEC) < 0)
			return -errno;
		close(fd);
	}
	return 0;
}

int64_t
waiting_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static _Noreturn void
end_by_signal(void)
{
	static const sigset_t none;

	audit_end(reason_code(REASON_INTERRUPTED), REASON_INTERRUPTED);
	ppoll(NULL, 0, NULL, &none);
	_exit((int)reason_code(REASON_INTERRUPTED));    /* not reached */
}

void
waiting_begin(const char *what)
{
	awaited = what;
	began = waiting_clock();
	next_word = began + A_SECOND;
}

/* A terminal that was told to stop takes no words, and a wait for that would come on top. */
static bool
takes_words(void)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&ready, 1, 0) > 0;
}

int
waiting_left(int64_t deadline)
{
	int64_t now = waiting_clock(), until = deadline;

	if (now >= deadline)
		return 0;
	if (watched && now >= next_word) {
		if (takes_words())
			remark("waiting for %s, %lld s so far", awaited, (long long)((now - began) / 1000));
		next_word = now + A_SECOND;
	}
	if (watched && next_word < until)
		until = next_word;
	return until == FOR_EVER ? -1 : until - now > INT_MAX ? INT_MAX : (int)(until - now);
}

int
waiting_for(int fd, int64_t deadline, const char *what)
{
	struct pollfd each[] = {
		{ .fd = fd, .events = POLLIN }, { .fd = FD_SIGNALS, .events = POLLIN },
	};
	int ready;

	if (awaited != what && *what)
		waiting_begin(what);
	do {
		int left = waiting_left(deadline);
		const struct timespec timeout = {
			.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000L,
		};

		ready = ppoll(each, 2, left < 0 ? NULL : &timeout, NULL);
		if (ready < 0)
			return -errno;
		if (each[1].revents)
			end_by_signal();
	} while (ready == 0 && waiting_clock() < deadline);
	return ready > 0 ? 0 : -ETIMEDOUT;
}

int
waiting_for_next(int fd, int64_t deadline, const char *what)
{
	return waiting_clock() < deadline ? waiting_for(fd, deadline, what) : -ETIMEDOUT;
}

bool
waiting_to_write(int fd, int timeout_ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	const int64_t its_beginning = began, its_word = next_word;
	const char *its_name = awaited;
	int count = poll(&ready, 1, 0), left;
	int64_t deadline;

	if (count != 0)
		return true;
	deadline = waiting_clock() + timeout_ms;
	waiting_begin("a reader of what is on stdout");
	while (count == 0 && (left = waiting_left(deadline)) > 0)
		count = poll(&ready, 1, left);
	awaited = its_name;
	began = its_beginning;
	next_word = its_word;
	return count != 0;
}
