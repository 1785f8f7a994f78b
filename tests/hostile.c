/*
 * hostile ATTRIBUTE,... COMMAND...: starts COMMAND as an attacker would, with what a process can hand
 * down; "all" is every one of them.  hostile list prints their names.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static void
limit(__rlimit_resource_t which, rlim_t soft)
{
	struct rlimit now;

	getrlimit(which, &now);
	now.rlim_cur = soft;
	setrlimit(which, &now);
}

static void
limit_hard(__rlimit_resource_t which, rlim_t hard)
{
	struct rlimit both = { hard, hard };

	setrlimit(which, &both);
}

static void
replace(int fd, int by)
{
	if (by < 0 || dup2(by, fd) < 0)
		exit(99);
	if (by != fd)
		close(by);
}

static void sigchld_ignored(void) { signal(SIGCHLD, SIG_IGN); }

static void
signals_ignored(void)
{
	for (int nr = 1; nr < NSIG; nr++)
		signal(nr, SIG_IGN);
}

static void
signals_blocked(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static void
signals_pending(void)
{
	signals_blocked();
	raise(SIGALRM);
	raise(SIGTERM);
	raise(SIGUSR1);
	raise(SIGINT);
}

static void
timer(__itimer_which_t which)
{
	const struct itimerval soon = { { 0, 1000 }, { 0, 1000 } };

	signals_blocked();
	setitimer(which, &soon, NULL);
}

static void timer_real(void) { timer(ITIMER_REAL); }
static void timer_virtual(void) { timer(ITIMER_VIRTUAL); }
static void timer_profile(void) { timer(ITIMER_PROF); }
static void limit_file_size(void) { limit(RLIMIT_FSIZE, 0); }
static void limit_files(void) { limit(RLIMIT_NOFILE, 16); }
static void limit_cpu(void) { limit(RLIMIT_CPU, 1); }
static void limit_address_space(void) { limit(RLIMIT_AS, 64 << 20); }
static void limit_stack(void) { limit(RLIMIT_STACK, 128 << 10); }
static void limit_memlock(void) { limit_hard(RLIMIT_MEMLOCK, 0); }
static void limit_core(void) { limit(RLIMIT_CORE, RLIM_INFINITY); }
static void limit_sigpending(void) { limit_hard(RLIMIT_SIGPENDING, 0); }
static void umask_all(void) { umask(0777); }
static void umask_none(void) { umask(0); }
static void nice_19(void) { setpriority(PRIO_PROCESS, 0, 19); }

static void
scheduler_idle(void)
{
	const struct sched_param none = { 0 };

	sched_setscheduler(0, SCHED_IDLE, &none);
}

static void
io_idle(void)
{
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 7));
}

static void
one_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void timer_slack(void) { prctl(PR_SET_TIMERSLACK, 1000000000UL); }
static void odd_personality(void) { personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC | UNAME26); }
static void death_signal(void) { prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL); }
static void subreaper(void) { prctl(PR_SET_CHILD_SUBREAPER, 1UL); }

static void
memory_policy(void)
{
	unsigned long node = 1;

	syscall(SYS_set_mempolicy, MPOL_BIND, &node, 8UL);
}

static void
oom_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1000", 4) != 4)
		exit(99);
	close(fd);
}

static void
cwd_deleted(void)
{
	char name[] = "/tmp/hostile-XXXXXX";

	if (!mkdtemp(name) || chdir(name) < 0 || rmdir(name) < 0)
		exit(99);
}

static void
environment(void)
{
	static char huge[64 << 10];

	memset(huge, 'A', sizeof(huge) - 1);
	setenv("HUGE", huge, 1);
	setenv("TZ", "../../etc/shadow", 1);
	setenv("LC_ALL", "xx_XX.UTF-8", 1);
	setenv("LANGUAGE", "%n%n%n", 1);
	setenv("TERM", "\033]0;own\a", 1);
	setenv("SUDO_UID", "0", 1);
	setenv("GCONV_PATH", "/tmp", 1);
	setenv("LD_PRELOAD", "/tmp/evil.so", 1);
	setenv("MALLOC_PERTURB_", "255", 1);
	setenv("TMPDIR", "/root", 1);
	setenv("PATH", "/tmp:/usr/sbin:/usr/bin:/sbin:/bin", 1);
}

static void
many_descriptors(void)
{
	for (int fd = 3; fd < 200; fd++)
		dup2(STDIN_FILENO, fd);
	fcntl(open("/", O_RDONLY | O_DIRECTORY), F_SETFD, 0);
}

static void stdin_closed(void) { close(STDIN_FILENO); }
static void stdout_closed(void) { close(STDOUT_FILENO); }
static void stderr_closed(void) { close(STDERR_FILENO); }

static void
stdin_directory(void)
{
	replace(STDIN_FILENO, open("/tmp", O_RDONLY | O_DIRECTORY));
}

static void
stdout_netlink(void)
{
	replace(STDOUT_FILENO, socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
}

static void
stdout_datagrams(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0)
		replace(STDOUT_FILENO, ends[0]);
}

static void
stderr_memory(void)
{
	replace(STDERR_FILENO, open("/proc/self/mem", O_RDWR));
}

static void
stdin_path(void)
{
	replace(STDIN_FILENO, open("/etc", O_PATH));
}

/* Not in "all": each of these takes away what another of them is about. */
static const struct attribute {
	const char *name;
	void (*set)(void);
	int alone;
} attributes[] = {
	{ "sigchld-ignored", sigchld_ignored, 0 },
	{ "signals-ignored", signals_ignored, 0 },
	{ "signals-blocked", signals_blocked, 0 },
	{ "signals-pending", signals_pending, 0 },
	{ "timer-real", timer_real, 0 },
	{ "timer-virtual", timer_virtual, 0 },
	{ "timer-profile", timer_profile, 0 },
	{ "limit-file-size", limit_file_size, 0 },
	{ "limit-files", limit_files, 1 },
	{ "limit-cpu", limit_cpu, 0 },
	{ "limit-address-space", limit_address_space, 0 },
	{ "limit-stack", limit_stack, 0 },
	{ "limit-memlock", limit_memlock, 1 },
	{ "limit-core", limit_core, 0 },
	{ "limit-sigpending", limit_sigpending, 1 },
	{ "umask-all", umask_all, 0 },
	{ "umask-none", umask_none, 1 },
	{ "nice", nice_19, 0 },
	{ "scheduler-idle", scheduler_idle, 0 },
	{ "io-idle", io_idle, 0 },
	{ "one-processor", one_processor, 0 },
	{ "timer-slack", timer_slack, 0 },
	{ "personality", odd_personality, 0 },
	{ "death-signal", death_signal, 0 },
	{ "subreaper", subreaper, 0 },
	{ "memory-policy", memory_policy, 0 },
	{ "oom-score", oom_score, 0 },
	{ "cwd-deleted", cwd_deleted, 0 },
	{ "environment", environment, 0 },
	{ "stdin-directory", stdin_directory, 1 },
	{ "stdin-path", stdin_path, 1 },
	{ "stdin-closed", stdin_closed, 1 },
	{ "stdout-closed", stdout_closed, 1 },
	{ "stdout-netlink", stdout_netlink, 0 },
	{ "stdout-datagrams", stdout_datagrams, 1 },
	{ "stderr-closed", stderr_closed, 1 },
	{ "stderr-memory", stderr_memory, 0 },
	{ "many-descriptors", many_descriptors, 0 },
};

int
main(int argc, char *argv[])
{
	const char *wanted = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (strcmp(wanted, "list") == 0)
			puts(attributes[i].name);
		else if (strcmp(wanted, attributes[i].name) == 0 ||
			 (strcmp(wanted, "all") == 0 && !attributes[i].alone))
			attributes[i].set();
	}
	if (argc < 3)
		return 0;
	execvp(argv[2], argv + 2);
	return errno == ENOENT ? 127 : 126;
}
