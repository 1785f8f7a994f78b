/*
 * wire TAP NAMESPACE: what a VMM does for a guest's network card: TAP is open, and what goes through it
 * comes out of eth0 in /run/netns/NAMESPACE, and back.  Prints a line once it is there, ends with the tap.
 */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CANNOT = 120, FRAME_BYTES = 64 * 1024 };

static int
open_tap(const char *name)
{
	struct ifreq request = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR) };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	return fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0 ? -1 : fd;
}

int
main(int argc, char *argv[])
{
	static char frame[FRAME_BYTES];
	struct pollfd ends[2] = { { .events = POLLIN }, { .events = POLLIN } };
	char path[64];
	int space;

	if (argc != 3)
		return CANNOT;
	snprintf(path, sizeof(path), "/run/netns/%s", argv[2]);
	ends[0].fd = open_tap(argv[1]);
	space = open(path, O_RDONLY | O_CLOEXEC);
	if (ends[0].fd < 0 || space < 0 || setns(space, CLONE_NEWNET) < 0)
		return CANNOT;
	ends[1].fd = open_tap("eth0");
	if (ends[1].fd < 0 || write(STDOUT_FILENO, "there\n", 6) != 6)
		return CANNOT;
	while (poll(ends, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			ssize_t got;

			if (!(ends[i].revents & (POLLIN | POLLERR)))
				continue;
			got = read(ends[i].fd, frame, sizeof(frame));
			if (got < 0)
				return 0;
			/* A link that is down takes nothing, as a cable that is out. */
			(void)!write(ends[1 - i].fd, frame, (size_t)got);
		}
	}
	return CANNOT;
}
