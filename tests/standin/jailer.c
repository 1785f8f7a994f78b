/*
 * A stand-in for Firecracker's jailer, for tests.
 *
 * It takes the same flags, has the same effects in the same order, and is as strict about what it finds in the
 * chroot: old_root, the device nodes and the pid file must not be there yet; a binary that is there already is
 * written over (not truncated) unless it is a symlink or has a second name.  Left out: cgroup v1, and the copies of
 * host cache facts that arm needs.
 *
 *   gcc -std=gnu17 -Wall -Wextra -Werror [-static] [-DSTANDIN_VERSION='"1.14.0"'] -o jailer jailer.c
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#ifndef STANDIN_VERSION
#define STANDIN_VERSION "1.15.1"
#endif

enum { MANY = 64 };

struct list {
	const char *at[MANY];
	int count;
};

static struct {
	const char *id, *exec_file, *uid, *gid, *chroot_base_dir, *netns, *cgroup_version, *parent_cgroup;
	bool daemonize, new_pid_ns;
	struct list cgroup, resource_limit;
} ask = { .chroot_base_dir = "/srv/jailer", .cgroup_version = "1" };

/* Facts that the flags lead to; all of them are found before anything is changed. */
static struct {
	char exec_path[PATH_MAX];
	const char *exec_name;
	char chroot[PATH_MAX];
	char cgroups[PATH_MAX];        /* where the cgroup2 file system is mounted */
	uid_t uid;
	gid_t gid;
	struct rlimit files, file_size;
	int userfaultfd_minor;         /* -1: this kernel has none */
	char **vmm_args;
	long long started_us;
} jail = { .files = { 2048, 2048 }, .file_size = { RLIM_INFINITY, RLIM_INFINITY },
           .userfaultfd_minor = -1 };

static void __attribute__((format(printf, 2, 3)))
join(char *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(out, PATH_MAX, format, args);
	va_end(args);
	if (n >= PATH_MAX)
		errx(1, "path too long");
}

static long long
microseconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* ---- flags ---- */

static const struct flag {
	const char *name;
	const char **value;
	bool *set;
	struct list *list;
} flags[] = {
	{ "id", &ask.id, NULL, NULL },
	{ "exec-file", &ask.exec_file, NULL, NULL },
	{ "uid", &ask.uid, NULL, NULL },
	{ "gid", &ask.gid, NULL, NULL },
	{ "chroot-base-dir", &ask.chroot_base_dir, NULL, NULL },
	{ "netns", &ask.netns, NULL, NULL },
	{ "cgroup-version", &ask.cgroup_version, NULL, NULL },
	{ "parent-cgroup", &ask.parent_cgroup, NULL, NULL },
	{ "daemonize", NULL, &ask.daemonize, NULL },
	{ "new-pid-ns", NULL, &ask.new_pid_ns, NULL },
	{ "cgroup", NULL, NULL, &ask.cgroup },
	{ "resource-limit", NULL, NULL, &ask.resource_limit },
};

enum { FLAGS = sizeof flags / sizeof flags[0] };

static void
parse(char **argv)
{
	bool seen[FLAGS] = { false };
	int end = 1;
	while (argv[end] && strcmp(argv[end], "--") != 0)
		end++;
	jail.vmm_args = argv + end + (argv[end] != NULL);

	for (int i = 1; i < end; i++) {        /* wins over everything else on the line */
		if (strcmp(argv[i], "--version") != 0)
			continue;
		printf("Jailer v%s\n\n", STANDIN_VERSION);
		exit(0);
	}

	for (int i = 1; i < end; i++) {
		if (strncmp(argv[i], "--", 2) != 0)
			errx(1, "unexpected argument");
		int f = 0;
		while (f < FLAGS && strcmp(argv[i] + 2, flags[f].name) != 0)
			f++;
		if (f == FLAGS)
			errx(1, "unexpected argument");
		if (seen[f] && !flags[f].list)
			errx(1, "--%s was given twice", flags[f].name);
		seen[f] = true;
		if (flags[f].set) {
			*flags[f].set = true;
			continue;
		}
		if (++i == end || strncmp(argv[i], "--", 2) == 0)
			errx(1, "--%s needs a value", flags[f].name);
		if (flags[f].value)
			*flags[f].value = argv[i];
		else if (flags[f].list->count < MANY)
			flags[f].list->at[flags[f].list->count++] = argv[i];
		else
			errx(1, "too many --%s", flags[f].name);
	}
	if (!ask.id || !ask.exec_file || !ask.uid || !ask.gid)
		errx(1, "--id, --exec-file, --uid and --gid are required");
}

static uint64_t
number(const char *text, uint64_t most, const char *what)
{
	char *end;
	errno = 0;
	uint64_t value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > most)
		errx(1, "invalid %s", what);
	return value;
}

static void
refuse_climbing(const char *path, const char *what)
{
	char copy[PATH_MAX], *save;
	join(copy, "%s", path);
	bool bad = path[0] == '/' || strcmp(path, ".") == 0 || strncmp(path, "./", 2) == 0;
	for (char *part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save))
		bad = bad || strcmp(part, "..") == 0;
	if (bad)
		errx(1, "%s is absolute or has . or .. in it", what);
}

/* ---- cgroups ---- */

static void
write_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || dprintf(fd, "%s\n", text) < 0)
		err(1, "cannot write %s", path);
	close(fd);
}

static void
find_cgroups(void)
{
	char line[3 * PATH_MAX], where[PATH_MAX], type[32];
	FILE *mounts = fopen("/proc/mounts", "re");
	if (!mounts)
		err(1, "cannot open /proc/mounts");
	while (!jail.cgroups[0] && fgets(line, sizeof line, mounts))
		if (sscanf(line, "%*s %4095s %31s", where, type) == 2 && strcmp(type, "cgroup2") == 0)
			join(jail.cgroups, "%s", where);
	fclose(mounts);
	if (!jail.cgroups[0])
		errx(1, "no cgroup2 hierarchy is mounted");
}

static bool
controller_exists(const char *property, size_t length)
{
	char path[PATH_MAX], line[4096] = "", *save;
	join(path, "%s/cgroup.controllers", jail.cgroups);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	char *got = fgets(line, sizeof line, file);
	fclose(file);
	for (char *word = got ? strtok_r(line, " \n", &save) : NULL; word; word = strtok_r(NULL, " \n", &save))
		if (strlen(word) == length && strncmp(word, property, length) == 0)
			return true;
	return false;
}

/* Without --cgroup, version 2 means: move to the parent cgroup if it is there.  Version 1 then means nothing. */
static void
check_cgroups(void)
{
	const char *parent = ask.parent_cgroup ? ask.parent_cgroup : jail.exec_name;
	refuse_climbing(parent, "the parent cgroup");
	bool v2 = number(ask.cgroup_version, 255, "cgroup version") == 2;
	if (v2 || ask.cgroup.count)
		find_cgroups();
	if (!ask.cgroup.count && v2) {
		char dir[PATH_MAX], procs[PATH_MAX], pid[16];
		join(dir, "%s/%s", jail.cgroups, parent);
		join(procs, "%s/cgroup.procs", dir);
		snprintf(pid, sizeof pid, "%d", getpid());
		if (access(dir, F_OK) == 0)
			write_line(procs, pid);
	}
	if (ask.cgroup.count && !v2)
		errx(1, "this stand-in knows cgroup version 2 only");
	for (int i = 0; i < ask.cgroup.count; i++) {
		const char *property = ask.cgroup.at[i], *equals = strchr(property, '='), *dot = strchr(property, '.');
		if (!equals || !equals[1] || strchr(equals + 1, '='))
			errx(1, "a cgroup property must be FILE=VALUE");
		refuse_climbing(property, "a cgroup file");
		if (!dot || dot > equals)
			errx(1, "a cgroup file must be CONTROLLER.NAME");
		if (!controller_exists(property, dot - property))
			errx(1, "a cgroup controller is not there");
	}
}

static void
make_directories(const char *path)
{
	char part[PATH_MAX];
	join(part, "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0777) < 0 && errno != EEXIST)
			err(1, "cannot create %s", part);
		*slash = '/';
	}
	if (mkdir(part, 0777) < 0 && errno != EEXIST)
		err(1, "cannot create %s", part);
}

/* A controller is there below only if each cgroup from the mount point down to the parent hands it on. */
static void
enable_controller(const char *parent, const char *controller)
{
	char path[PATH_MAX], word[64];
	snprintf(word, sizeof word, "+%s", controller);
	join(path, "%s/%s/", jail.cgroups, parent);
	for (char *slash = path + strlen(jail.cgroups); slash; slash = strchr(slash + 1, '/')) {
		char file[PATH_MAX];
		join(file, "%.*s/cgroup.subtree_control", (int)(slash - path), path);
		write_line(file, word);
	}
}

static void
enter_cgroup(void)
{
	const char *parent = ask.parent_cgroup ? ask.parent_cgroup : jail.exec_name;
	char dir[PATH_MAX], file[PATH_MAX], pid[16];
	join(dir, "%s/%s/%s", jail.cgroups, parent, ask.id);
	make_directories(dir);
	for (int i = 0; i < ask.cgroup.count; i++) {
		const char *property = ask.cgroup.at[i], *equals = strchr(property, '=');
		char controller[32];
		snprintf(controller, sizeof controller, "%.*s", (int)(strchr(property, '.') - property), property);
		enable_controller(parent, controller);
		join(file, "%s/%.*s", dir, (int)(equals - property), property);
		write_line(file, equals + 1);
	}
	join(file, "%s/cgroup.procs", dir);
	snprintf(pid, sizeof pid, "%d", getpid());
	write_line(file, pid);
}

/* ---- what the flags mean ---- */

static void
check_limits(void)
{
	for (int i = 0; i < ask.resource_limit.count; i++) {
		const char *limit = ask.resource_limit.at[i], *equals = strchr(limit, '=');
		if (!equals)
			errx(1, "a resource limit must be NAME=VALUE");
		rlim_t value = number(equals + 1, UINT64_MAX, "resource limit");
		if (strncmp(limit, "no-file=", 8) == 0)
			jail.files = (struct rlimit){ value, value };
		else if (strncmp(limit, "fsize=", 6) == 0)
			jail.file_size = (struct rlimit){ value, value };
		else
			errx(1, "no such resource limit");
	}
}

/* The misc minor is given out when the driver loads.  A line for a minor below 100 starts with a space, and is then
 * not recognised by the real jailer either. */
static void
find_userfaultfd(void)
{
	char line[128], name[32];
	int minor;
	FILE *misc = fopen("/proc/misc", "re");
	while (misc && fgets(line, sizeof line, misc))
		if (line[0] != ' ' && sscanf(line, "%d %31s", &minor, name) == 2 && strcmp(name, "userfaultfd") == 0)
			jail.userfaultfd_minor = minor;
	if (misc)
		fclose(misc);
}

static void
check_request(void)
{
	struct stat st;
	char base[PATH_MAX];
	size_t length = strlen(ask.id);
	if (length < 1 || length > 64 || strspn(ask.id, "-0123456789abcdefghijklmnopqrstuvwxyz"
	                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != length)
		errx(1, "invalid id");
	if (!realpath(ask.exec_file, jail.exec_path) || stat(jail.exec_path, &st) < 0)
		err(1, "cannot resolve the file to execute");
	if (!S_ISREG(st.st_mode))
		errx(1, "the file to execute is not a regular file");
	jail.exec_name = strrchr(jail.exec_path, '/') + 1;
	if (!realpath(ask.chroot_base_dir, base) || stat(base, &st) < 0)
		err(1, "cannot resolve the chroot base");
	if (!S_ISDIR(st.st_mode))
		errx(1, "the chroot base is not a directory");
	join(jail.chroot, "%s/%s/%s/root", base, jail.exec_name, ask.id);
	jail.uid = number(ask.uid, UINT32_MAX, "uid");
	jail.gid = number(ask.gid, UINT32_MAX, "gid");
	check_cgroups();
	check_limits();
	find_userfaultfd();
}

/* ---- the jail ---- */

static void
copy_binary(void)
{
	struct stat st;
	char path[PATH_MAX], block[65536];
	ssize_t got;
	join(path, "%s/%s", jail.chroot, jail.exec_name);
	int from = open(jail.exec_path, O_RDONLY | O_CLOEXEC);
	if (from < 0 || fstat(from, &st) < 0)
		err(1, "cannot open %s", jail.exec_path);
	int to = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, st.st_mode & 07777);
	if (to < 0 || fstat(to, &st) < 0)
		err(1, "cannot open %s", path);
	if (st.st_nlink > 1)
		errx(1, "%s has another name", path);
	if (fchown(to, jail.uid, jail.gid) < 0)
		err(1, "cannot give away %s", path);
	while ((got = read(from, block, sizeof block)) > 0)
		if (write(to, block, got) != got)
			err(1, "cannot write %s", path);
	if (got < 0)
		err(1, "cannot read %s", jail.exec_path);
	close(from);
	close(to);
}

static void
join_network(void)
{
	int fd = open(ask.netns, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "cannot open the network namespace");
	if (setns(fd, CLONE_NEWNET) < 0)
		err(1, "cannot join the network namespace");
	close(fd);
}

static void
limit_resources(void)
{
	if (jail.file_size.rlim_cur != RLIM_INFINITY && setrlimit(RLIMIT_FSIZE, &jail.file_size) < 0)
		err(1, "cannot limit the size of files");
	if (setrlimit(RLIMIT_NOFILE, &jail.files) < 0)
		err(1, "cannot limit the number of descriptors");
}

static void
change_root(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		err(1, "cannot make a mount namespace");
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		err(1, "cannot cut mount propagation");
	if (mount(jail.chroot, jail.chroot, NULL, MS_BIND | MS_REC, NULL) < 0)
		err(1, "cannot bind the chroot onto itself");
	if (chdir(jail.chroot) < 0)
		err(1, "cannot enter the chroot");
	if (mkdir("old_root", 0600) < 0)
		err(1, "cannot create old_root");
	if (syscall(SYS_pivot_root, ".", "old_root") < 0)
		err(1, "cannot change the root");
	if (chdir("/") < 0 || umount2("old_root", MNT_DETACH) < 0 || rmdir("old_root") < 0)
		err(1, "cannot leave the old root");
}

/* By path, following symlinks, and in this order: the next one must be reached through the ones given away. */
static void
own_directories(void)
{
	static const char *const directories[] = { "/", "/dev", "/dev/net", "/run" };
	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
		const char *path = directories[i];
		struct stat st;
		if (i > 0 && mkdir(path, 0777) < 0 && (errno != EEXIST || stat(path, &st) < 0 || !S_ISDIR(st.st_mode)))
			err(1, "cannot create %s", path);
		if (chmod(path, 0700) < 0)
			err(1, "cannot set the mode of %s", path);
		if (chown(path, jail.uid, jail.gid) < 0)
			err(1, "cannot give away %s", path);
	}
}

static int
make_device(const char *path, int major, int minor)
{
	return mknod(path, S_IFCHR | 0600, makedev(major, minor)) < 0 ? -1 : chown(path, jail.uid, jail.gid);
}

static void
make_devices(void)
{
	if (make_device("/dev/net/tun", 10, 200) < 0)
		err(1, "cannot make /dev/net/tun");
	if (make_device("/dev/kvm", 10, 232) < 0)
		err(1, "cannot make /dev/kvm");
	if (make_device("/dev/urandom", 1, 9) < 0) {        /* the only one that may fail; said on stdout */
		printf("warning: cannot make /dev/urandom: %s\n", strerror(errno));
		fflush(stdout);
	}
	if (jail.userfaultfd_minor >= 0 && make_device("/dev/userfaultfd", 10, jail.userfaultfd_minor) < 0)
		err(1, "cannot make /dev/userfaultfd");
}

/* The null device was opened for reading only, so what the VMM prints is lost with EBADF. */
static void
become_daemon(int null)
{
	pid_t pid = fork();
	if (pid < 0)
		err(1, "cannot fork");
	if (pid > 0)
		_exit(0);
	if (setsid() < 0)
		err(1, "cannot start a session");
	pid = fork();
	if (pid < 0)
		err(1, "cannot fork");
	if (pid > 0)
		_exit(0);
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null, fd) < 0)
			err(1, "cannot replace descriptor %d", fd);
	close(null);
}

static void
write_pid_file(pid_t pid)
{
	char path[PATH_MAX];
	join(path, "/%s.pid", jail.exec_name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 || dprintf(fd, "%d", pid) < 0)
		err(1, "cannot write %s", path);
	close(fd);
}

static void __attribute__((noreturn))
execute_vmm(void)
{
	char path[PATH_MAX], start[24], start_cpu[24], parent_cpu[24];
	char *args[512] = { path, "--id", (char *)ask.id, "--start-time-us", start, "--start-time-cpu-us", start_cpu,
		            "--parent-cpu-time-us", parent_cpu };
	size_t n = 9;
	join(path, "/%s", jail.exec_name);
	snprintf(start, sizeof start, "%lld", jail.started_us);
	snprintf(start_cpu, sizeof start_cpu, "%lld", microseconds(CLOCK_PROCESS_CPUTIME_ID));
	snprintf(parent_cpu, sizeof parent_cpu, "%lld", microseconds(CLOCK_PROCESS_CPUTIME_ID));
	for (char **arg = jail.vmm_args; *arg; arg++, n++) {
		if (n + 1 == sizeof args / sizeof args[0])
			errx(1, "too many arguments");
		args[n] = *arg;
	}
	if (setgid(jail.gid) < 0)
		err(1, "cannot change the group");
	if (geteuid() == 0 && syscall(SYS_setgroups, 0, NULL) < 0)
		err(1, "cannot drop the groups");
	if (setuid(jail.uid) < 0)
		err(1, "cannot change the user");
	signal(SIGPIPE, SIG_DFL);
	execve(path, args, (char *[]){ NULL });
	err(1, "cannot execute %s", path);
}

static void
execute_in_new_pid_namespace(void)
{
	bool leader = !ask.daemonize && getsid(0) == getpid();
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID, 0, 0, 0, 0);        /* no exit signal, as the real one */
	if (pid < 0)
		err(1, "cannot make a pid namespace");
	if (pid == 0) {
		if (leader && setsid() < 0)
			err(1, "cannot start a session");
		execute_vmm();
	}
	write_pid_file(pid);
	_exit(0);
}

/* What a Rust program does before main: a closed 0, 1 or 2 must not become a file that is opened later. */
static void
fill_standard_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			err(1, "cannot open /dev/null");
}

int
main(int argc, char **argv)
{
	fill_standard_descriptors();
	if (argc < 1 || syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_UNSHARE) < 0)
		err(1, "cannot close inherited descriptors");
	clearenv();
	parse(argv);
	jail.started_us = microseconds(CLOCK_MONOTONIC);
	check_request();

	make_directories(jail.chroot);
	copy_binary();
	if (ask.netns)
		join_network();
	limit_resources();
	if (ask.cgroup.count)
		enter_cgroup();
	int null = ask.daemonize ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
	if (ask.daemonize && null < 0)
		err(1, "cannot open /dev/null");
	change_root();
	own_directories();
	make_devices();
	if (ask.daemonize)
		become_daemon(null);
	if (ask.new_pid_ns)
		execute_in_new_pid_namespace();
	write_pid_file(getpid());
	execute_vmm();
}
