/*
 * launch.h: one firecracker, from the exec of the jailer to the first word over its API socket.
 */
#pragma once

#include "gate/gate.h"
#include "sys/binary.h"

#include <sys/types.h>

/* In the VM's socket directory. */
#define LAUNCH_SOCKET "api.sock"

/* jail_dir/firecracker/VM_ID/sockets, and name below it, which is "" or begins with a slash.  The
 * configuration's check leaves room for it in a socket's address. */
void launch_sockets_path(const struct settings *settings, const struct vm_id *vm, const char *name,
			 char *out, size_t size);

/* In memory that the process shares with who started it. */
struct launch {
	char firecracker[sizeof(((struct binary_found *)0)->path)];
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/* Handles: FD_OUTPUT, a file in memory that can grow no further and takes what the jailer says before
 * it becomes firecracker; FD_EVENTS, an epoll for FD_INOTIFY and the process. */
int launch_output_open(void);
int launch_events_open(void);

/* Makes this process as a fresh one of init's would be: session, signals, descriptors (nothing, or
 * FD_CONSOLE_IN, as stdout), umask, cgroup (FD_CGROUP); and executes FD_JAILER.  Comes back with -errno,
 * and then stderr is FD_OUTPUT. */
int launch_execute(struct launch *launch, const struct vm_id *vm, const struct settings *settings,
		   bool console, bool cgroup);

/* Waits until the socket of the process FD_CHILD takes FD_API's connection, or the process ends:
 * 0, -ESRCH (it has ended), -ETIMEDOUT, -EPERM (somebody else listens), or -errno. */
int launch_connect(const struct launch *launch, int64_t deadline);

/* What it calls. */
#define LAUNCH_CONNECT_CALLS \
	CALL(openat2, "the socket, from the directory that is open"), \
	CALL(newfstatat, "whether it is one"), \
	API_CONNECT_CALLS, \
	CALL_IF(getsockopt, 0, FD_API, "who listens"), \
	CALL_IF(epoll_ctl, 0, FD_EVENTS, "the process's end is waited for as well"), \
	CALL(inotify_add_watch, "watches the socket directory"), \
	SOCKET_WATCH_CALLS, \
	CALL(ppoll, "waits for that, for the deadline and for signals")

/* Kills FD_CHILD, waits until it has ended, and gives the first 400 bytes that it said, without
 * newlines.  -EBADF when there is none, -EBUSY when it has not ended after 5 s, or -errno. */
int launch_end(const char **said);
