/*
 * lock.c: bytes of files below a directory of root's.
 */
#include "sys/lock.h"

#include "say/say.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define LOCK_DIR "/run/banger-priv"

enum { TICK_US = 100 * 1000 };

static void
wake(int nr)
{
	(void)nr;
}

/* FNV-1a, as far as an offset goes.  Two VMs that share a byte wait for each other, and that is all. */
static off_t
byte_of(const char *whose)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *whose; whose++)
		hash = (hash ^ (unsigned char)*whose) * UINT64_C(0x100000001b3);
	return (off_t)(hash >> 2);
}

/* command is F_OFD_SETLK, or F_OFD_SETLKW to wait. */
static int
lock_byte(int fd, int command, off_t byte)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return fcntl(fd, command, &lock) < 0 ? -errno : 0;
}

/* It has no deadline of its own: a timer interrupts it, and goes on doing so, or the one signal
 * could come just before the call. */
static int
lock_byte_until(int fd, off_t byte, int timeout_ms)
{
	static const struct itimerval never;
	const struct itimerval tick = {
		.it_value = { .tv_usec = TICK_US }, .it_interval = { .tv_usec = TICK_US },
	};
	struct sigaction on_alarm = { .sa_handler = wake };
	int64_t deadline = waiting_clock() + timeout_ms;
	sigset_t alarm_only;
	int rc;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigaction(SIGALRM, &on_alarm, NULL);
	sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
	setitimer(ITIMER_REAL, &tick, NULL);
	waiting_begin("another verb that works on the same objects");
	do
		rc = lock_byte(fd, F_OFD_SETLKW, byte);
	while (rc == -EINTR && waiting_left(deadline) > 0);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_IGN);
	return rc == -EINTR ? -ETIMEDOUT : rc;
}

int
lock_take(const char *name, const char *whose, int descriptor, int timeout_ms)
{
	off_t byte = byte_of(whose);
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
	rc = fd < 0 ? -errno : lock_byte(fd, F_OFD_SETLK, byte);
	close(directory);
	if (rc == -EAGAIN || rc == -EACCES)
		rc = lock_byte_until(fd, byte, timeout_ms);
	if (rc == 0 && dup3(fd, descriptor, O_CLOEXEC) < 0 && errno != EINVAL)
		rc = -errno;
	if (fd >= 0 && fd != descriptor)
		close(fd);
	return rc;
}
