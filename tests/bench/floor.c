/*
 * floor start|up OPERAND...: the system calls that banger-priv makes for `verbs`, and for a batch that brings up a VM,
 * in as many processes, with nothing between them: a program that is linked with libc alone, no gates, no records, no
 * answer that is looked at.  What the kernel takes for what every verb is to undo, to give up and to read back.
 *
 * up BRIDGE TAP ID JAIL VM KERNEL DRIVE.  A path that banger-priv walks by directories is opened at once.
 */
#include "caged.h"
#include "least.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char **operands;

static int
bridge(void)
{
	return least_route() || (caged_close(NOBODY, 1U << CAP_NET_ADMIN), least_link(operands[0], 0));
}

static int
tap(void)
{
	return least_route() || (caged_close(NOBODY, 1U << CAP_NET_ADMIN),
				 least_tap(operands[1], operands[0], (unsigned)atoi(operands[2])));
}

/* The files are opened in a child, as their owner. */
static int
chroot_of_vm(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	int status;

	if (child == 0) {
		caged_close(OWNER, 0);
		_exit(open(operands[5], O_RDONLY) < 0 || open(operands[6], O_RDWR) < 0);
	}
	waitpid(child, &status, 0);
	caged_close(0, 1U << CAP_SYS_ADMIN | 1U << CAP_CHOWN | 1U << CAP_MKNOD | 1U << CAP_SETUID | 1U << CAP_SETGID);
	return status || least_chroot(operands[3], operands[4], operands[5], operands[6], (unsigned)atoi(operands[2]));
}

/* As part.c: one byte each way, and the end. */
static int
up(void)
{
	int (*const acts[])(void) = { bridge, tap, chroot_of_vm };
	int ends[3], wrong = 0;
	pid_t children[3];

	caged_bound();
	for (unsigned i = 0; i < 3; i++) {
		int pair[2];
		char word;

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
			return 1;
		children[i] = fork();
		if (children[i] == 0)
			_exit(write(pair[1], "r", 1) != 1 || read(pair[1], &word, 1) != 1 || acts[i]());
		close(pair[1]);
		ends[i] = pair[0];
	}
	caged_close(NOBODY, 0);
	for (unsigned i = 0; i < 3; i++) {
		char word;

		wrong |= read(ends[i], &word, 1) != 1;
	}
	for (unsigned i = 0; i < 3 && !wrong; i++) {
		char word;
		int status;

		wrong |= write(ends[i], "g", 1) != 1 || read(ends[i], &word, 1) != 0;
		waitpid(children[i], &status, 0);
		wrong |= status;
	}
	return wrong;
}

int
main(int argc, char *argv[])
{
	caged_begin();
	operands = argv + 2;
	if (argc == 2 && strcmp(argv[1], "start") == 0) {
		caged_bound();
		caged_close(NOBODY, 0);
		_exit(caged_answer("\n", 1));
	}
	if (argc == 9 && strcmp(argv[1], "up") == 0)
		_exit(up() || caged_answer("\n", 1));
	return 2;
}
