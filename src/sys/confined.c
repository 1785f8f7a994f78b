/*
 * confined.c: the namespace, the start, the wait.
 */
#include "sys/confined.h"

#include "keep.h"
#include "say/say.h"
#include "sys/landlock.h"
#include "sys/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

/* Programs and libraries.  Where the last three are symlinks into /usr, they are that here. */
static const char *const shown[] = { "usr", "lib", "lib64", "sbin" };
enum { SHOWN = sizeof(shown) / sizeof(shown[0]), END_MS = 5000 };

int
confined_open_output(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || dup3(ends[0], FD_OUTPUT, O_CLOEXEC) < 0 ||
	    dup3(ends[1], FD_OUTPUT_END, O_CLOEXEC) < 0)
		return -errno;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* ---- the namespace ---- */

/* One of our own, cut off from the host's before anything is mounted in it. */
static int
enter_namespace(void)
{
	struct mount_attr apart = { .propagation = MS_PRIVATE };
	struct statfs fs;
	int fd;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &apart, sizeof(apart)) < 0)
		return -errno;
	fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return -ENOSYS;
	return dup3(fd, FD_MOUNTS, O_CLOEXEC) < 0 ? -errno : 0;
}

static int
make_root(void)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), root;

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "size", "64k", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	return root < 0 ? -errno : root;
}

static int
make_devices(int root, const struct dm_name *name)
{
	struct stat status;
	char path[sizeof(name->text) + 4];

	snprintf(path, sizeof(path), "dev/%s", name->text);
	if (fstat(FD_IMAGE, &status) < 0)
		return -errno;
	if (!S_ISBLK(status.st_mode))
		return -ENOTBLK;
	if (mkdirat(root, "dev", 0755) < 0 ||
	    mknodat(root, "dev/null", S_IFCHR | 0666, makedev(1, 3)) < 0 ||
	    mknodat(root, path, S_IFBLK | 0600, status.st_rdev) < 0)
		return -errno;
	return 0;
}

/* A read-only image of /NAME as a mount without a place, -1 where there is none to make; in root, the
 * directory or the symlink for it. */
static int
copy_directory(int root, const char *name, int *tree)
{
	struct mount_attr narrowed = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
	};
	char path[8], target[64];
	ssize_t length;

	*tree = -1;
	snprintf(path, sizeof(path), "/%s", name);
	length = readlinkat(AT_FDCWD, path, target, sizeof(target) - 1);
	if (length > 0) {
		target[length] = '\0';
		return symlinkat(target, root, name) < 0 ? -errno : 0;
	}
	*tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (*tree < 0)
		return errno == ENOENT ? 0 : -errno;
	if (mount_setattr(*tree, "", AT_EMPTY_PATH, &narrowed, sizeof(narrowed)) < 0 ||
	    mkdirat(root, name, 0755) < 0)
		return -errno;
	return 0;
}

/* Makes root the root, and lets go of the old one: pivot_root(2), NOTES. */
static int
change_root(int root)
{
	struct mount_attr fixed = { .attr_set = MOUNT_ATTR_RDONLY };

	if (mount_setattr(root, "", AT_EMPTY_PATH, &fixed, sizeof(fixed)) < 0 || fchdir(root) < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	return 0;
}

int
confined_build(const struct dm_name *name)
{
	int trees[SHOWN], root, rc = enter_namespace();

	if (rc < 0)
		return rc;
	root = make_root();
	rc = root < 0 ? root : make_devices(root, name);
	for (unsigned i = 0; rc == 0 && i < SHOWN; i++)
		rc = copy_directory(root, shown[i], &trees[i]);
	/* Anywhere will do: nothing but this namespace sees it there. */
	if (rc == 0 && move_mount(root, "", AT_FDCWD, "/usr", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		rc = -errno;
	for (unsigned i = 0; rc == 0 && i < SHOWN; i++)
		if (trees[i] >= 0 &&
		    move_mount(trees[i], "", root, shown[i], MOVE_MOUNT_F_EMPTY_PATH) < 0)
			rc = -errno;
	if (rc == 0)
		rc = change_root(root);
	for (unsigned i = 0; i < SHOWN && rc == 0; i++)
		if (trees[i] >= 0)
			close(trees[i]);
	if (root >= 0)
		close(root);
	return rc;
}

/* ---- the start ---- */

static int
tidy_for_program(void)
{
	static const struct rlimit memory = { UINT64_C(4) << 30, UINT64_C(4) << 30 };
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	sigemptyset(&none);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(FD_OUTPUT_END, STDOUT_FILENO) < 0 ||
	    dup2(FD_OUTPUT_END, STDERR_FILENO) < 0 || setsid() < 0 ||
	    prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL) < 0 || setrlimit(RLIMIT_AS, &memory) < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR ||
	    syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	return 0;
}

int
confined_start(const char *program, const char *argument, const struct dm_name *name)
{
	/* ext2fs_check_if_mounted wants a list of mounts, or this. */
	static char *const environment[] = { "LC_ALL=C", "PATH=/nonexistent", "EXT2FS_NO_MTAB_OK=1", NULL };
	char device[sizeof(name->text) + 8], path[64];
	char *const arguments[] = { (char *)(uintptr_t)program, (char *)(uintptr_t)argument, device, NULL };
	int rc = tidy_for_program();

	snprintf(device, sizeof(device), "/dev/%s", name->text);
	if (rc == 0)
		rc = landlock_enter(shown, SHOWN, device);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "/usr/sbin/%s", program);
	execve(path, arguments, environment);
	execve(path + strlen("/usr"), arguments, environment);
	return -errno;
}

int
confined_ask(int program, const char *name, const char *argument)
{
	const char *const arguments[] = { name, argument, NULL };
	static const char *const environment[] = { "LC_ALL=C", "PATH=/nonexistent", NULL };
	int rc = tidy_for_program();

	if (rc < 0)
		return rc;
	syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
	return -errno;
}

/* ---- the wait ---- */

/* Keeps the end of it. */
static void
listen_to(struct confined_end *out, size_t *length)
{
	char bytes[4096];
	ssize_t got = read(FD_OUTPUT, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < got; i++) {
		if (*length == sizeof(out->said) - 1) {
			memmove(out->said, out->said + 1, *length - 1);
			--*length;
		}
		out->said[(*length)++] = bytes[i] == '\0' || bytes[i] == '\n' ? ' ' : bytes[i];
	}
}

int
confined_wait(int timeout_ms, const char *what, struct confined_end *out)
{
	struct pollfd ready[] = {
		{ .fd = FD_OUTPUT, .events = POLLIN }, { .fd = FD_CHILD, .events = POLLIN },
	};
	int64_t deadline = waiting_clock() + timeout_ms;
	size_t length = 0;
	siginfo_t info;
	bool late = false;

	*out = (struct confined_end){ 0 };
	close(FD_OUTPUT_END);
	waiting_begin(what);
	/* All that was said is there once the child is gone: nothing else has the other end. */
	while (!late && !(ready[1].revents && !(ready[0].revents & POLLIN))) {
		int left = waiting_left(deadline);
		bool last = waiting_clock() + left >= deadline;         /* else a word is due before */
		int count = poll(ready, 2, left);

		late = left == 0 || (count == 0 && last);
		if (count > 0 && (ready[0].revents & POLLIN))
			listen_to(out, &length);
		else if (count > 0 && ready[0].revents)
			ready[0].fd = -1;       /* closed; the child may go on */
	}
	if (late) {
		int rc = pidfd_end(FD_CHILD, END_MS, what);

		return rc < 0 ? rc : -ETIMEDOUT;
	}
	if (waitid(P_PIDFD, FD_CHILD, &info, WEXITED) < 0)
		return -errno;
	out->exited = info.si_code == CLD_EXITED;
	out->status = info.si_status;
	return 0;
}
