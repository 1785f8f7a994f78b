/*
 * limit OPERATION OPERAND...: the least that an operation takes: static, no checks, no cage, the system calls that
 * do it and no others.  What banger-priv takes longer is the price of its checks.
 *
 * Also what the benchmark needs besides: `copy FROM TO` as the jailer copies firecracker, `crowd N` of idle
 * processes, and `helper PROGRAM BRIDGE`, qemu-bridge-helper with the socket that it wants.
 */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int route;

/* RTM_NEWLINK: up, and into a bridge when there is one. */
static int
set_link(const char *name, unsigned bridge)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct rtattr master;
		unsigned bridge;
	} request = {
		.header = { .nlmsg_len = bridge ? sizeof(request) : NLMSG_LENGTH(sizeof(request.link)),
			    .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.link = { .ifi_index = (int)if_nametoindex(name), .ifi_flags = IFF_UP, .ifi_change = IFF_UP },
		.master = { .rta_len = RTA_LENGTH(4), .rta_type = IFLA_MASTER },
		.bridge = bridge,
	};
	char answer[4096];

	if (send(route, &request, request.header.nlmsg_len, 0) < 0 || recv(route, answer, sizeof(answer), 0) < 0)
		return 1;
	return 0;
}

static int
tap(const char *name, const char *bridge, unsigned id)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &request) < 0 || ioctl(fd, TUNSETOWNER, id) < 0 || ioctl(fd, TUNSETGROUP, id) < 0 ||
	    set_link(name, if_nametoindex(bridge)) || set_link(bridge, 0))
		return 1;
	return ioctl(fd, TUNSETPERSIST, 1) < 0;
}

static int
copy(const char *from, const char *to)
{
	int source = open(from, O_RDONLY), target = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
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

static int
crowd(int count)
{
	while (count-- > 0)
		if (fork() == 0)
			pause();
	return pause();
}

static int
helper(char *program, char *bridge)
{
	char by_fd[32], to[64];
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return 1;
	snprintf(by_fd, sizeof(by_fd), "--fd=%d", ends[1]);
	snprintf(to, sizeof(to), "--br=%s", bridge);
	return execl(program, program, "--use-vnet", by_fd, to, NULL);
}

int
main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	route = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (!strcmp(what, "bridge") && argc == 3)
		return set_link(argv[2], 0);
	if (!strcmp(what, "tap") && argc == 5)
		return tap(argv[2], argv[3], (unsigned)atoi(argv[4]));
	if (!strcmp(what, "socket") && argc == 4)
		return chmod(argv[2], 0600) || lchown(argv[2], (uid_t)atoi(argv[3]), (gid_t)atoi(argv[3]));
	if (!strcmp(what, "kill") && argc == 3)
		return kill(atoi(argv[2]), SIGKILL);
	if (!strcmp(what, "copy") && argc == 4)
		return copy(argv[2], argv[3]);
	if (!strcmp(what, "crowd") && argc == 3)
		return crowd(atoi(argv[2]));
	if (!strcmp(what, "helper") && argc == 4)
		return helper(argv[2], argv[3]);
	return 2;
}
