/*
 * lock.c: one file per lock, below a directory of root's.
 */
#include "sys/lock.h"

#include "keep.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LOCK_DIR "/run/banger-priv"

static void
wake(int nr)
{
	(void)nr;
}

static long
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* flock has no deadline of its own: a timer interrupts it, and goes on doing so, or the one signal
 * could come just before the call. */
static int
flock_until(int fd, int timeout_ms)
{
	static const struct itimerval never;
	struct itimerval tick = { .it_interval = { .tv_usec = 20000 } };
	struct sigaction on_alarm = { .sa_handler = wake };
	long deadline = milliseconds() + timeout_ms;
	sigset_t alarm_only;
	int rc;

	tick.it_value.tv_sec = timeout_ms / 1000;
	tick.it_value.tv_usec = timeout_ms % 1000 * 1000L;
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigaction(SIGALRM, &on_alarm, NULL);
	sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
	setitimer(ITIMER_REAL, &tick, NULL);
	do
		rc = flock(fd, LOCK_EX) < 0 ? -errno : 0;
	while (rc == -EINTR && milliseconds() < deadline);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_IGN);
	return rc == -EINTR ? -ETIMEDOUT : rc;
}

int
lock_take(const char *name, int timeout_ms)
{
	struct stat status;
	char file[64];
	int directory, fd, rc;

	if (mkdir(LOCK_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	directory = trusted_open(LOCK_DIR, &status, NULL);
	if (directory < 0)
		return directory;
	if ((status.st_mode & 07777) != 0700) {
		close(directory);
		return -EPERM;
	}
	snprintf(file, sizeof(file), "%s.lock", name);
	fd = openat(directory, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	rc = fd < 0 ? -errno : 0;
	close(directory);
	if (rc == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		rc = errno == EWOULDBLOCK ? flock_until(fd, timeout_ms) : -errno;
	if (rc == 0 && dup3(fd, FD_LOCK, O_CLOEXEC) < 0 && errno != EINVAL)
		rc = -errno;
	if (fd >= 0 && fd != FD_LOCK)
		close(fd);
	return rc;
}
