/*
 * console.c: reads everything, writes what there is room for.
 */
#include "sys/console.h"

#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TRIES = 8,
	LATE_READS = 16,                /* as much as a pipe can hold: /proc/sys/fs/pipe-max-size */
};

static int
keep_end(int *fd, int number)
{
	if (*fd == number)
		return 0;
	if (dup3(*fd, number, O_CLOEXEC) < 0)
		return -errno;
	close(*fd);
	return 0;
}

int
console_open(void)
{
	int rc, ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	rc = keep_end(&ends[0], FD_CONSOLE_OUT);
	if (rc == 0)
		rc = keep_end(&ends[1], FD_CONSOLE_IN);
	if (rc == 0 && fcntl(FD_CONSOLE_IN, F_SETFL, O_NONBLOCK) < 0)
		rc = -errno;
	return rc;
}

/* How much more the file may get. */
static size_t
room_left(void)
{
	struct stat status;

	if (fstat(FD_CONSOLE, &status) < 0 || status.st_size >= CONSOLE_BYTES_MAX)
		return 0;
	return (size_t)(CONSOLE_BYTES_MAX - status.st_size);
}

/* Until there is something to read; false when that is all.  Once the VM has ended it is what the pipe holds: the VM may
 * have given its end of it to somebody who keeps that, and writes for ever. */
static bool
await_more(void)
{
	static unsigned late;
	struct pollfd either[] = { { .fd = FD_CONSOLE_OUT, .events = POLLIN }, { .fd = FD_CHILD, .events = POLLIN } };

	for (int i = 0; i < TRIES && poll(either, 2, -1) < 0; i++)
		;
	if (either[1].revents)
		late++;
	return either[0].revents && late <= LATE_READS;
}

/* One error is no end: the VM, which runs by now, would have no console. */
static ssize_t
read_on(char *bytes, size_t size)
{
	ssize_t got = -1;

	for (int i = 0; i < TRIES && got < 0; i++)
		got = read(FD_CONSOLE_OUT, bytes, size);
	return got;
}

int
console_drain(void)
{
	static char bytes[65536];
	ssize_t got;

	if (setsid() < 0)
		return -errno;
	if (write(FD_CONSOLE_CGROUP, "0", 1) != 1 && errno != EBADF)
		return -errno;
	/* The lowest at last: that one by which who waits for it learns that it has begun is among them. */
	if (close_range(FD_CONSOLE_OUT + 1, ~0U, 0) < 0 || close_range(FD_CHILD + 1, FD_CONSOLE - 1, 0) < 0 ||
	    close_range(0, FD_CHILD - 1, 0) < 0)
		return -errno;
	while (await_more() && (got = read_on(bytes, sizeof(bytes))) > 0) {
		size_t room = room_left(), length = (size_t)got;

		/* A full disk or a quota is no reason to stop reading. */
		if (room > 0)
			(void)!write(FD_CONSOLE, bytes, length < room ? length : room);
	}
	return 0;
}
