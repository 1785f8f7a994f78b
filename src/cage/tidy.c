/*
 * tidy.c: one function per kind of inherited state.
 *
 * Order matters at the start only: first no core file and no debugger, then descriptors, so that
 * nothing that is opened later can be mistaken for stderr.
 */
#include "cage/tidy.h"

#include "say/say.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/magic.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A core file would be written where the caller wants, with what the caller typed in it. */
static void
tidy_dumps(void)
{
	static const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		die(REASON_HOST, "cannot switch core files off");
}

/* File systems whose regular files are files: a write to one on procfs, sysfs or a cgroup is an
 * order to the kernel with our rights (CVE-2012-0056, CVE-2021-4197).  And none of FUSE, which may be the
 * caller's: each process that has one open asks it when it ends, before a lock that it holds is free, and if that
 * never answers it is beyond being killed. */
static bool
is_storage(int fd)
{
	static const long magics[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC, NFS_SUPER_MAGIC, V9FS_MAGIC, RAMFS_MAGIC, MSDOS_SUPER_MAGIC,
		0x2fc12fc1 /* ZFS */, 0xca451a4e /* bcachefs */, 0xff534d42 /* CIFS */, 0xfe534d42 /* SMB2 */,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if ((unsigned)fs.f_type == (unsigned)magics[i])
			return true;
	return false;
}

/* null, zero and full of the memory devices, and terminals: consoles, serial lines, pseudo
 * terminals (Documentation/admin-guide/devices.txt). */
static bool
is_harmless_device(dev_t device)
{
	unsigned major_nr = major(device), minor_nr = minor(device);

	switch (major_nr) {
	case 1:
		return minor_nr == 3 || minor_nr == 5 || minor_nr == 7;
	case 5:
		return minor_nr != 2;   /* not ptmx: to open it is to make a terminal */
	case 4:
	case 204:
	case 229:
		return true;
	default:
		return major_nr >= 136 && major_nr <= 143;
	}
}

/* A netlink socket would send what we print with our rights (CVE-2014-0181).  Of those of the unix family, /dev/log and
 * its kind take datagrams, each with the credentials of who sends it (unix(7)): what a guest's file says would be a
 * record of ours. */
static bool
is_stream(int fd)
{
	int family, type;
	socklen_t size = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

static bool
is_acceptable(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat status;

	if (flags < 0 || (flags & O_PATH) || fstat(fd, &status) < 0)
		return false;
	switch (status.st_mode & S_IFMT) {
	case S_IFIFO:
		return true;
	case S_IFREG:
		return is_storage(fd);
	case S_IFCHR:
		return is_harmless_device(status.st_rdev);
	case S_IFSOCK:
		return is_stream(fd);
	default:
		return false;
	}
}

static void
tidy_descriptors(void)
{
	struct stat status;
	int null;

	if (syscall(SYS_close_range, 3U, ~0U, 0U) < 0)
		die(REASON_KERNEL, "close_range is missing: Linux 5.9 or later is needed");
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (is_acceptable(fd))
			continue;
		/* Closed or strange: /dev/null takes its place, so that neither what we open nor what
		 * we say lands where the caller wants it. */
		null = open("/dev/null", O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
		if (null < 0 || fstat(null, &status) < 0 || !S_ISCHR(status.st_mode) ||
		    status.st_rdev != makedev(1, 3))
			_exit(CODE_UNSAFE);
		if (fd == STDOUT_FILENO)
			print_to_nobody(true);
		if (null == fd)
			(void)fcntl(fd, F_SETFD, 0);
		else if (dup3(null, fd, 0) < 0 || close(null) < 0)
			_exit(CODE_UNSAFE);
	}
}

static void
tidy_signals(void)
{
	sigset_t polite, pending;

	/* Ignoring throws away what is pending: a SIGALRM from before exec would hit us later. */
	if (sigpending(&pending) < 0)
		die(REASON_HOST, "cannot look for pending signals");
	for (int nr = 1; nr < NSIG; nr++) {
		if (sigismember(&pending, nr) == 1)
			signal(nr, SIG_IGN);
		signal(nr, SIG_DFL);
	}
	signal(SIGPIPE, SIG_IGN);
	/* What a terminal or sudo sends politely waits until the verb is through; SIGKILL does not,
	 * and every verb is built to survive that. */
	sigemptyset(&polite);
	sigaddset(&polite, SIGHUP);
	sigaddset(&polite, SIGINT);
	sigaddset(&polite, SIGQUIT);
	sigaddset(&polite, SIGTERM);
	sigaddset(&polite, SIGTSTP);
	sigaddset(&polite, SIGTTIN);
	sigaddset(&polite, SIGTTOU);
	sigaddset(&polite, SIGUSR1);
	sigaddset(&polite, SIGUSR2);
	sigaddset(&polite, SIGALRM);
	if (sigprocmask(SIG_SETMASK, &polite, NULL) < 0)
		die(REASON_HOST, "cannot set the signal mask");
}

static void
tidy_timers(void)
{
	static const struct itimerval never;

	setitimer(ITIMER_REAL, &never, NULL);
	setitimer(ITIMER_VIRTUAL, &never, NULL);
	setitimer(ITIMER_PROF, &never, NULL);
}

/* `enough` is what every verb gets along with where a hard limit cannot be raised: that takes
 * CAP_SYS_RESOURCE, which some containers withhold. */
static void
tidy_limits(void)
{
	static const struct {
		__rlimit_resource_t which;
		const char *name;
		rlim_t wanted, enough;
	} limits[] = {
		{ RLIMIT_FSIZE, "file size (ulimit -f)", RLIM_INFINITY, 1 << 30 },
		{ RLIMIT_CPU, "processor time (ulimit -t)", RLIM_INFINITY, 60 },
		{ RLIMIT_NOFILE, "open files (ulimit -n)", 4096, 128 },
		{ RLIMIT_AS, "address space (ulimit -v)", RLIM_INFINITY, 1 << 30 },
		{ RLIMIT_DATA, "data segment (ulimit -d)", RLIM_INFINITY, 1 << 30 },
		{ RLIMIT_STACK, "stack (ulimit -s)", 8 << 20, 1 << 20 },
		{ RLIMIT_MEMLOCK, "locked memory (ulimit -l)", 8 << 20, 0 },
		{ RLIMIT_NPROC, "processes (ulimit -u)", RLIM_INFINITY, 0 },
		{ RLIMIT_SIGPENDING, "pending signals (ulimit -i)", 4096, 0 },
		{ RLIMIT_RTTIME, "real-time processor time", RLIM_INFINITY, 0 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit now, want = { limits[i].wanted, limits[i].wanted };

		if (setrlimit(limits[i].which, &want) == 0)
			continue;
		if (getrlimit(limits[i].which, &now) < 0 || now.rlim_max < limits[i].enough)
			die(REASON_HOST, "the limit on %s is too low and cannot be raised",
			    limits[i].name);
		now.rlim_cur = now.rlim_max < want.rlim_cur ? now.rlim_max : want.rlim_cur;
		(void)setrlimit(limits[i].which, &now);
	}
}

static void
tidy_scheduling(void)
{
	static const struct sched_param normal = { .sched_priority = 0 };
	cpu_set_t all;

	/* To set what is so already takes the kernel twenty times as long as to say so. */
	if (sched_getscheduler(0) != SCHED_OTHER)
		(void)sched_setscheduler(0, SCHED_OTHER, &normal);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0));
	memset(&all, 0xff, sizeof(all));
	(void)sched_setaffinity(0, sizeof(all), &all);
	(void)syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0UL);
	/* 0 would set the default, which a fork takes from its parent: 50 us is init's (prctl(2)). */
	(void)prctl(PR_SET_TIMERSLACK, 50000UL);
	(void)personality(PER_LINUX);
	(void)prctl(PR_SET_PDEATHSIG, 0UL);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0UL);
}

/* With a score of 1000 the kernel would kill us first when the caller fills the memory.  A host
 * without /proc has no score to reset. */
static void
tidy_oom_score(void)
{
	static const char zero[] = "0\n";
	char score[sizeof(zero)];
	struct statfs fs;
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	/* As with the scheduler, to set it takes longer than to look. */
	if (fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
	    (read(fd, score, sizeof(score)) != sizeof(zero) - 1 || memcmp(score, zero, sizeof(zero) - 1) != 0))
		(void)!write(fd, zero, sizeof(zero) - 1);
	close(fd);
}

static void
tidy_environment(struct inherited *was)
{
	was->sudo_uid = getenv("SUDO_UID");
	clearenv();
}

void
tidy(struct inherited *was)
{
	struct stat self;

	tidy_dumps();
	tidy_descriptors();
	tidy_signals();
	tidy_timers();
	tidy_limits();
	umask(077);
	if (chdir("/") < 0)
		die(REASON_HOST, "cannot change to /");
	tidy_scheduling();
	tidy_oom_score();
	tidy_environment(was);
	if (getauxval(AT_SECURE) || (stat("/proc/self/exe", &self) == 0 && (self.st_mode & (S_ISUID | S_ISGID))))
		die(REASON_HOST, "this program must be neither setuid nor setgid, nor have file "
		    "capabilities: chmod ug-s and setcap -r it, and call it with sudo");
}
