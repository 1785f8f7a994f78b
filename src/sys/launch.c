/*
 * launch.c: what the jailer resets nothing of must be clean before.
 */
#include "sys/launch.h"

#include "keep.h"
#include "sys/api.h"
#include "sys/pidfd.h"
#include "sys/socket-file.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U      /* Linux 6.3 */
#endif

enum { OUTPUT_BYTES = 4096, LAST_WORDS = 400, RETRY_MS = 1, END_MS = 5000 };

void
launch_sockets_path(const struct settings *settings, const struct vm_id *vm, const char *name,
		    char *out, size_t size)
{
	snprintf(out, size, "%s/firecracker/%s/" SOCKET_DIR_INSIDE "%s", settings->jail_dir.text, vm->text,
		 name);
}

static int
keep_as(int fd, int number)
{
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fd == number)
		return 0;
	if (dup3(fd, number, O_CLOEXEC) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* Not a pipe: firecracker, which inherits it, would stop for ever once nobody read it. */
int
launch_output_open(void)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int rc, fd = memfd_create("jailer", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("jailer", flags);
	rc = keep_as(fd, FD_OUTPUT);
	if (rc == 0 && (ftruncate(FD_OUTPUT, OUTPUT_BYTES) < 0 ||
			fcntl(FD_OUTPUT, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0))
		rc = -errno;
	return rc;
}

int
launch_events_open(void)
{
	return keep_as(epoll_create1(EPOLL_CLOEXEC), FD_EVENTS);
}

/* ---- the process itself ---- */

static int
set_descriptors(bool console)
{
	int null = open("/dev/null", O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(console ? FD_CONSOLE_IN : null, STDOUT_FILENO) < 0 || dup2(FD_OUTPUT, STDERR_FILENO) < 0)
		return -errno;
	return syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? -errno : 0;
}

static void
set_signals(void)
{
	sigset_t none;

	for (int nr = 1; nr < NSIG; nr++)
		signal(nr, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int
launch_execute(struct launch *launch, const struct vm_id *vm, const struct settings *settings,
	       bool console, bool cgroup)
{
	static const char api_socket[] = "/" SOCKET_DIR_INSIDE "/" LAUNCH_SOCKET;
	char uid[16], gid[16];
	const char *const words[] = {
		"jailer", "--id", vm->text, "--exec-file", launch->firecracker, "--uid", uid, "--gid", gid,
		"--chroot-base-dir", settings->jail_dir.text, "--",
		"--api-sock", api_socket, "--level", "Off", NULL
	};
	static const char *const nothing[] = { NULL };
	int rc;

	snprintf(uid, sizeof(uid), "%u", launch->uid);
	snprintf(gid, sizeof(gid), "%u", launch->gid);
	launch->pid = getpid();
	if (setsid() < 0 || (cgroup && write(FD_CGROUP, "0", 1) != 1))
		return -errno;
	rc = set_descriptors(console);
	if (rc < 0)
		return rc;
	/* The socket is for owner and VM: the directory gives it the owner's group. */
	umask(007);
	set_signals();
	syscall(SYS_execveat, FD_JAILER, "", words, nothing, AT_EMPTY_PATH);
	return -errno;
}

/* ---- who started it ---- */

/* Who plants a listener of its own there before the VM does is not believed. */
static int
check_listener(const struct launch *launch)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(FD_API, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	return peer.pid == launch->pid && peer.uid == launch->uid ? 0 : -EPERM;
}

static int
try_to_connect(const struct launch *launch)
{
	struct stat status;
	int rc, fd = beneath_open(FD_SOCKETS, LAUNCH_SOCKET, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return fd;
	api_begin();
	rc = fstat(fd, &status) < 0 ? -errno : S_ISSOCK(status.st_mode) ? api_connect(fd) : -EPERM;
	close(fd);
	return rc < 0 ? rc : check_listener(launch);
}

static int
watch_sockets(void)
{
	struct epoll_event readable = { .events = EPOLLIN };
	char link[32];
	int rc = socket_watch_open();

	if (rc < 0)
		return rc;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", FD_SOCKETS);
	if (inotify_add_watch(FD_INOTIFY, link, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0 ||
	    epoll_ctl(FD_EVENTS, EPOLL_CTL_ADD, FD_INOTIFY, &readable) < 0 ||
	    epoll_ctl(FD_EVENTS, EPOLL_CTL_ADD, FD_CHILD, &readable) < 0)
		return -errno;
	return 0;
}

int
launch_connect(const struct launch *launch, int64_t deadline)
{
	static const char what[] = "firecracker's API socket";
	int rc = watch_sockets(), waited = 0;

	if (rc < 0)
		return rc;
	while (waited == 0) {
		rc = try_to_connect(launch);
		if (rc != -ENOENT && rc != -ECONNREFUSED)
			return rc;
		/* Between bind and listen, which no event tells: there for some microseconds. */
		if (rc == -ECONNREFUSED) {
			waited = waiting_for(FD_CHILD, waiting_clock() + RETRY_MS, what);
			if (waited == 0)
				return -ESRCH;
			waited = waited == -ETIMEDOUT && waiting_clock() < deadline ? 0 : waited;
			continue;
		}
		waited = waiting_for_next(FD_EVENTS, deadline, what);
		socket_watch_forget();
		if (waited == 0 && waiting_for(FD_CHILD, waiting_clock(), "") == 0)
			return -ESRCH;
	}
	return waited;
}

/* Newlines become spaces; all else is escaped by who says it. */
static const char *
tidy_words(char *words)
{
	size_t length = strlen(words);

	for (size_t i = 0; i < length; i++)
		if (words[i] == '\n')
			words[i] = ' ';
	while (length > 0 && words[length - 1] == ' ')
		words[--length] = '\0';
	return length > 0 ? words : "nothing";
}

int
launch_end(const char **said)
{
	static char words[LAST_WORDS];
	int rc = pidfd_end(FD_CHILD, END_MS, "firecracker to end");
	ssize_t got = rc == -EBADF ? 0 : pread(FD_OUTPUT, words, sizeof(words) - 1, 0);

	words[got < 0 ? 0 : got] = '\0';
	*said = tidy_words(words);
	return rc;
}
