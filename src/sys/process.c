/*
 * process.c: first the pidfd, then /proc/PID, then the pidfd again: if it has not ended by then, the
 * number has been this process's all the while.
 */
#include "sys/process.h"

#include "sys/cgroup.h"
#include "sys/directory.h"
#include "sys/hierarchy.h"
#include "sys/pidfd.h"
#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77         /* Linux 6.5 */
#endif

/* What has been found out by its number, if the process has not ended by now, also as a zombie: else -ESRCH. */
static int
unless_ended(int rc)
{
	int ended = pidfd_has_ended(FD_PROCESS);

	return ended < 0 ? ended : ended ? -ESRCH : rc;
}

/* Keeps pidfd as FD_PROCESS, and looks. */
static int
hold(int pidfd, pid_t pid, const struct claim *claim, const struct settings *settings)
{
	int rc;

	if (pidfd != FD_PROCESS) {
		rc = dup3(pidfd, FD_PROCESS, O_CLOEXEC) < 0 ? -errno : 0;
		close(pidfd);
		if (rc < 0)
			return rc;
	}
	rc = claim_check(pid, claim, settings);
	return unless_ended(rc);
}

int
process_hold(pid_t pid, const struct claim *claim, const struct settings *settings)
{
	long pidfd = syscall(SYS_pidfd_open, pid, 0U);

	if (pidfd >= 0)
		return hold((int)pidfd, pid, claim, settings);
	/* The number of a thread that is no process; newer kernels say ENOENT. */
	return errno == EINVAL || errno == ENOENT ? -EPERM : -errno;
}

int
process_hold_peer(int connected, const struct claim *claim, const struct settings *settings)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int pidfd = -1, rc;

	if (getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	if (peer.pid <= 0)
		return -EPERM;          /* in a namespace beside ours */
	size = sizeof(pidfd);
	if (getsockopt(connected, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0)
		rc = hold(pidfd, peer.pid, claim, settings);
	else if (errno == ENOPROTOOPT)
		rc = process_hold(peer.pid, claim, settings);
	else    /* Which of them says that it has ended is another from kernel to kernel. */
		rc = errno == EINVAL || errno == ENODATA || errno == ENOENT ? -ESRCH : -errno;
	return rc < 0 ? rc : peer.pid;
}

int
process_hold_vmm(const struct vm_id *vm, const struct settings *settings)
{
	const struct claim claim = { .vm = vm };
	char text[1024], *at = text;
	int rc = -ESRCH, cgroup = cgroup_open(vm);
	ssize_t got;

	if (cgroup < 0)
		return cgroup;
	got = hierarchy_read(cgroup, "cgroup.procs", text, sizeof(text));
	close(cgroup);
	if (got < 0)
		return (int)got;
	while (*at && (rc == -ESRCH || rc == -EPERM)) {
		pid_t pid = (pid_t)strtoul(at, &at, 10);

		if (pid > 0)
			rc = process_hold(pid, &claim, settings);
		if (rc == 0)
			rc = pid;
		at += strspn(at, "\n");
	}
	return rc == -EPERM ? -ESRCH : rc;
}

int
process_signal(int nr)
{
	return syscall(SYS_pidfd_send_signal, FD_PROCESS, nr, NULL, 0U) < 0 ? -errno : 0;
}

int
process_hold_stray(const struct vm_id *vm, const struct settings *settings)
{
	const struct claim claim = { .vm = vm };
	struct directory_reader all = { .fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	const char *name;
	uint64_t pid = 0;
	int rc = -EPERM, end;

	if (all.fd < 0)
		return -errno;
	while ((rc == -EPERM || rc == -ESRCH) && (name = directory_next(&all)) && *name)
		if (gate_number(name, 1, INT32_MAX, &pid))
			rc = process_hold((pid_t)pid, &claim, settings);
	end = name ? -ESRCH : -errno;
	close(all.fd);
	return rc == 0 ? (int)pid : rc == -EPERM || rc == -ESRCH ? end : rc;
}

enum reason
process_objection(int rc, const struct claim *claim, const char **text)
{
	*text = rc == -ESRCH ? "no process of that number is running" :
		rc == -EXDEV ? "a mount lies over the firecracker of the VM that the process says it is; "
			       "cleanup-jailer-chroot takes that away, though the VM runs" :
		claim && claim->vm ? "the process is not a firecracker of ours, or not that VM's" :
		"the process is not a firecracker of ours";
	return rc == -ESRCH ? REASON_NO : rc == -EPERM || rc == -EXDEV ? REASON_FOREIGN : REASON_NONE;
}
