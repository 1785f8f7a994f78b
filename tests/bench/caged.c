/*
 * caged.c: what floor and floor-ext4 do before and besides their operation.
 */
#include "caged.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/ioprio.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OURS AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OURS AUDIT_ARCH_AARCH64
#endif

enum { CAPABILITIES = 41, LEAVES = 24 };

/* As tidy.c. */
static void
inherited(void)
{
	static const struct itimerval never;
	struct rlimit limit;
	struct stat status;
	struct statfs fs;
	cpu_set_t all;
	sigset_t set;
	char score[8];
	int fd;

	prctl(PR_SET_DUMPABLE, 0);
	syscall(SYS_close_range, 3U, ~0U, 0U);
	for (fd = 0; fd < 3; fd++) {
		fcntl(fd, F_GETFL);
		fstat(fd, &status);
	}
	sigpending(&set);
	for (int nr = 1; nr < 65; nr++)
		signal(nr, SIG_DFL);
	sigprocmask(SIG_SETMASK, &set, NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	setitimer(ITIMER_VIRTUAL, &never, NULL);
	setitimer(ITIMER_PROF, &never, NULL);
	for (unsigned which = 0; which < 13; which++) {
		getrlimit(which % RLIM_NLIMITS, &limit);
		setrlimit(which % RLIM_NLIMITS, &limit);
	}
	umask(077);
	if (chdir("/") < 0)
		exit(1);
	sched_getscheduler(0);
	setpriority(PRIO_PROCESS, 0, 0);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0));
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	syscall(SYS_set_mempolicy, 0, NULL, 0UL);
	prctl(PR_SET_TIMERSLACK, 50000UL);
	personality(PER_LINUX);
	prctl(PR_SET_PDEATHSIG, 0UL);
	prctl(PR_SET_CHILD_SUBREAPER, 0UL);
	fd = open("/proc/self/oom_score_adj", O_RDWR);
	fstatfs(fd, &fs);
	if (read(fd, score, sizeof(score)) < 0)
		exit(1);
	close(fd);
	stat("/proc/self/exe", &status);
}

/* As config.c and accounts.c. */
static void
configuration(void)
{
	static const char *const files[] = { "/etc/banger/priv.conf", "/etc/passwd" };
	char text[4096];

	for (unsigned i = 0; i < 2; i++) {
		int fd = open(files[i], O_RDONLY);

		while (read(fd, text, sizeof(text)) > 0)
			;
		close(fd);
	}
}

/* A program as long and as deep as those of the rows. */
static void
filter(void)
{
	struct sock_filter all[4 + LEAVES + 2] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch) },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, LEAVES + 2, OURS },
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr) },
		/* No call has such a number: into the last of the leaves. */
		{ BPF_JMP | BPF_JGE | BPF_K, 0, LEAVES - 6, 100000 },
	};
	struct sock_fprog program = { sizeof(all) / sizeof(all[0]), all };

	for (unsigned i = 0; i < LEAVES; i++)
		all[4 + i] = (struct sock_filter){ BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(LEAVES - i), 0, 100000 + i };
	all[4 + LEAVES] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	all[5 + LEAVES] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS };
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &program) < 0)
		exit(1);
	syscall(SYS_clone3, NULL, 0UL);
}

void
caged_begin(void)
{
	inherited();
	configuration();
}

void
caged_bound(void)
{
	for (unsigned long nr = 0; nr < CAPABILITIES; nr++)
		prctl(PR_CAPBSET_DROP, nr);
}

void
caged_close(unsigned uid, uint64_t kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct halves[2] = {
		{ .effective = (uint32_t)kept, .permitted = (uint32_t)kept },
		{ .effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32) },
	};
	uid_t ids[3];

	prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
	prctl(PR_GET_SECUREBITS);
	prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_CAP_AMBIENT_RAISE);
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		exit(1);
	getresuid(&ids[0], &ids[1], &ids[2]);
	getresgid(&ids[0], &ids[1], &ids[2]);
	if (getgroups(0, NULL) != 0)
		exit(1);
	prctl(PR_SET_DUMPABLE, 0UL);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL);
	if (syscall(SYS_capset, &header, halves) < 0)
		exit(1);
	syscall(SYS_capget, &header, halves);
	for (unsigned long nr = 0; nr <= CAPABILITIES; nr++)
		prctl(PR_CAPBSET_READ, nr);
	prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL);
	prctl(PR_GET_SECUREBITS);
	prctl(PR_GET_DUMPABLE);
	filter();
}

int
caged_answer(const void *bytes, size_t length)
{
	struct pollfd ready = { .fd = STDOUT_FILENO, .events = POLLOUT };

	poll(&ready, 1, 2000);
	return write(STDOUT_FILENO, bytes, length) != (ssize_t)length;
}
