/*
 * idmap.c: a child in a new user namespace waits to be mapped and ended.
 */
#include "sys/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Closing `ready` says that this child can be looked at.  It goes when the other end of `until` does,
 * and so also when its parent is killed. */
static _Noreturn void
stay(int ready, int until)
{
	struct pollfd closed = { .fd = until, .events = POLLIN };

	prctl(PR_SET_DUMPABLE, 1UL);
	close(ready);
	while (poll(&closed, 1, -1) < 0 && errno == EINTR)
		;
	_exit(0);
}

static int
write_map(pid_t child, const char *which, unsigned from, unsigned to)
{
	char path[64], line[48];
	int fd, rc = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)child, which);
	snprintf(line, sizeof(line), "%u %u 1", from, to);
	fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, line, strlen(line)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int
map_and_open(pid_t child, uid_t from_uid, uid_t to_uid, gid_t from_gid, gid_t to_gid)
{
	char path[64];
	int fd, rc = write_map(child, "uid_map", from_uid, to_uid);

	if (rc == 0)
		rc = write_map(child, "gid_map", from_gid, to_gid);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)child);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int
idmap_open(uid_t from_uid, uid_t to_uid, gid_t from_gid, gid_t to_gid)
{
	int userns, ready[2], until[2];
	struct pollfd closed;
	pid_t child;

	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(until, O_CLOEXEC) < 0)
		return -errno;
	child = (pid_t)syscall(SYS_clone, (unsigned long)(CLONE_NEWUSER | SIGCHLD), NULL, NULL, NULL, NULL);
	if (child == 0) {
		close(ready[0]);
		close(until[1]);
		stay(ready[1], until[0]);
	}
	userns = child < 0 ? -errno : 0;
	close(ready[1]);
	close(until[0]);
	if (child > 0) {
		closed = (struct pollfd){ .fd = ready[0], .events = POLLIN };
		poll(&closed, 1, -1);
		userns = map_and_open(child, from_uid, to_uid, from_gid, to_gid);
	}
	close(ready[0]);
	close(until[1]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return userns;
}
