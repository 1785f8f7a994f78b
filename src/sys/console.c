/*
 * console.c: reads everything, writes what there is room for.
 */
#include "sys/console.h"

#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* One error is no end: the VM, which runs by now, would have no console. */
static ssize_t
read_on(char *bytes, size_t size)
{
	enum { TRIES = 8 };
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
	if (close_range(0, FD_CONSOLE - 1, 0) < 0 || close_range(FD_CONSOLE_OUT + 1, ~0U, 0) < 0)
		return -errno;
	while ((got = read_on(bytes, sizeof(bytes))) > 0) {
		size_t room = room_left(), length = (size_t)got;

		/* A full disk or a quota is no reason to stop reading. */
		if (room > 0)
			(void)!write(FD_CONSOLE, bytes, length < room ? length : room);
	}
	return 0;
}
