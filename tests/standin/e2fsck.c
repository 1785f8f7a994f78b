/*
 * A stand-in for e2fsck, for tests of the cage around it: tries every call that e2fsck has no business with.
 *
 * Ends with 0 when each is answered EPERM by the filter.  The arguments are such that the kernel itself would
 * have another answer, with capabilities or without.  With "slow" in the device's name it sleeps instead.
 */
#include <errno.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OPERATIONAL_ERROR = 8, NO_PID = 0x3fffffff, NO_FD = -1, NO_FLAGS = 0x7fffffff };

static int wrong;

static void
denied(const char *name, long result)
{
	if (result == -1 && errno == EPERM)
		return;
	printf("%s is not denied: %ld %s; ", name, result, result == -1 ? strerrorname_np(errno) : "");
	wrong = 1;
}

#define DENIED(call, ...) denied(#call, syscall(SYS_##call, __VA_ARGS__))

static void
try_processes(void)
{
	long result;

	DENIED(kill, NO_PID, 0);
	DENIED(tkill, NO_PID, 0);
	DENIED(tgkill, NO_PID, NO_PID, 0);
	DENIED(rt_sigqueueinfo, NO_PID, SIGTERM, NULL);
	DENIED(rt_tgsigqueueinfo, NO_PID, NO_PID, SIGTERM, NULL);
	DENIED(pidfd_open, -1, 0);
	DENIED(pidfd_send_signal, NO_FD, 0, NULL, 0);
	DENIED(setpriority, 9, 0, 0);
	DENIED(ioprio_set, 9, 0, 0);
	DENIED(sched_setaffinity, NO_PID, 0, NULL);
	DENIED(sched_setattr, 0, NULL, 0);
	DENIED(sched_setparam, 0, NULL);
	DENIED(sched_setscheduler, 0, -1, NULL);
	DENIED(migrate_pages, NO_PID, 0, NULL, NULL);
	DENIED(move_pages, NO_PID, 0, NULL, NULL, NULL, 0);
	DENIED(clone, CLONE_SIGHAND, NULL, NULL, NULL, NULL);
	result = syscall(SYS_fork);
	if (result == 0)
		_exit(0);
	denied("fork", result);
	result = vfork();       /* NOLINT: the very call that is tried */
	if (result == 0)
		_exit(0);
	denied("vfork", result);
}

static void
try_the_rest(void)
{
	DENIED(socket, -1, 0, 0);
	DENIED(socketpair, -1, 0, 0, NULL);
	DENIED(shmget, IPC_PRIVATE, 0UL, IPC_CREAT);
	DENIED(semget, IPC_PRIVATE, -1, 0);
	DENIED(msgget, 1, 0);
	DENIED(mq_open, NULL, 0, 0, NULL);
	DENIED(unshare, 0);
	DENIED(setns, NO_FD, 0);
	DENIED(chroot, NULL);
	DENIED(mount, 1, 1, 1, 0, 0);
	DENIED(umount2, "/", NO_FLAGS);
	DENIED(open_tree, NO_FD, "", NO_FLAGS);
	DENIED(mount_setattr, NO_FD, "", NO_FLAGS, NULL, 0UL);
}

int
main(int argc, char *argv[])
{
	if (argc == 3 && strstr(argv[2], "slow"))
		for (;;)
			pause();
	try_processes();
	try_the_rest();
	puts("tried");
	return wrong ? OPERATIONAL_ERROR : 0;
}
