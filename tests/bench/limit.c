/*
 * limit OPERATION OPERAND...: the least that an operation takes: static, no checks, no cage, the system calls that
 * do it and no others.  What banger-priv takes longer is the price of its checks.
 *
 * Also what the benchmark needs besides: `copy FROM TO` as the jailer copies firecracker, and `nothing`, what a
 * program that does nothing takes; `crowd N` of idle processes; and `helper PROGRAM BRIDGE`, qemu-bridge-helper with
 * the socket that it wants.
 */
#include "least-ext4.h"
#include "least.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static unsigned
number(const char *text)
{
	return (unsigned)atoi(text);
}

static int
nothing(char **operands)
{
	(void)operands;
	return 0;
}

/* BRIDGE */
static int
bridge(char **operands)
{
	return least_route() || least_link(operands[0], 0);
}

/* BRIDGE ADDRESS */
static int
new_bridge(char **operands)
{
	return least_bridge(operands[0], operands[1]);
}

/* TAP BRIDGE ID */
static int
tap(char **operands)
{
	return least_route() || least_tap(operands[0], operands[1], number(operands[2]));
}

/* JAIL VM KERNEL DRIVE ID */
static int
chroot_of_vm(char **operands)
{
	return least_chroot(operands[0], operands[1], operands[2], operands[3], number(operands[4]));
}

/* JAIL VM */
static int
cleanup(char **operands)
{
	return least_cleanup(operands[0], operands[1]);
}

/* BRIDGE TAP ID JAIL VM KERNEL DRIVE */
static int
up(char **operands)
{
	return bridge(operands) || least_tap(operands[1], operands[0], number(operands[2])) ||
	       least_chroot(operands[3], operands[4], operands[5], operands[6], number(operands[2]));
}

/* JAIL VM TAP */
static int
down(char **operands)
{
	return least_cleanup(operands[0], operands[1]) || least_route() || least_delete(operands[2]);
}

/* TAP ADDRESS */
static int
nat(char **operands)
{
	return least_nat(operands[0], operands[1]);
}

/* PATH ID */
static int
socket_access(char **operands)
{
	unsigned id = number(operands[1]);

	return chmod(operands[0], 0600) || lchown(operands[0], id, id);
}

/* PATH of a socket: who listens there. */
static int
find(char **operands)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ucred peer;
	socklen_t length = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, operands[0], sizeof(address.sun_path) - 1);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || dprintf(STDOUT_FILENO, "%d\n", peer.pid) < 0;
}

/* PID */
static int
kill_process(char **operands)
{
	return kill(atoi(operands[0]), SIGKILL);
}

/* IMAGE PATH */
static int
read_file(char **operands)
{
	const char *bytes;
	unsigned length;

	return least_ext4_read(unix_io_manager, operands[0], operands[1], &bytes, &length) ||
	       write(STDOUT_FILENO, bytes, length) != (ssize_t)length;
}

/* IMAGE and six PATHs */
static int
write_files(char **operands)
{
	return least_ext4_write(unix_io_manager, operands[0], operands + 1);
}

/* FROM TO */
static int
copy(char **operands)
{
	int source = open(operands[0], O_RDONLY), target = open(operands[1], O_WRONLY | O_CREAT | O_TRUNC, 0755);
	struct stat status;

	if (fstat(source, &status) < 0)
		return 1;
	for (off_t left = status.st_size; left > 0;) {
		ssize_t done = sendfile(target, source, NULL, (size_t)left);

		if (done <= 0)
			return 1;
		left -= done;
	}
	return 0;
}

/* N */
static int
crowd(char **operands)
{
	for (unsigned count = number(operands[0]); count > 0; count--)
		if (fork() == 0)
			pause();
	return pause();
}

/* PROGRAM BRIDGE */
static int
helper(char **operands)
{
	char by_fd[32], to[64];
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return 1;
	snprintf(by_fd, sizeof(by_fd), "--fd=%d", ends[1]);
	snprintf(to, sizeof(to), "--br=%s", operands[1]);
	return execl(operands[0], operands[0], "--use-vnet", by_fd, to, NULL);
}

static const struct {
	const char *name;
	int operands;
	int (*act)(char **operands);
} operations[] = {
	{ "nothing", 0, nothing }, { "bridge", 1, bridge }, { "new-bridge", 2, new_bridge }, { "tap", 3, tap },
	{ "chroot", 5, chroot_of_vm }, { "cleanup", 2, cleanup }, { "up", 7, up }, { "down", 3, down },
	{ "nat", 2, nat }, { "socket", 2, socket_access }, { "find", 1, find }, { "kill", 1, kill_process },
	{ "read", 2, read_file }, { "write", 7, write_files }, { "copy", 2, copy }, { "crowd", 1, crowd }, { "helper", 2, helper },
};

int
main(int argc, char *argv[])
{
	for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (argc == operations[i].operands + 2 && strcmp(argv[1], operations[i].name) == 0)
			return operations[i].act(argv + 2);
	return 2;
}
