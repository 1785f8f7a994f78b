/*
 * hold-tap TAP COMMAND...: runs COMMAND while holding TAP open, as a VMM does.  Exits 120 when it cannot.
 */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 120 };

int
main(int argc, char *argv[])
{
	struct ifreq request = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR) };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int status;
	pid_t child;

	if (argc < 3 || fd < 0)
		return CANNOT;
	strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return CANNOT;
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		_exit(CANNOT);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return CANNOT;
	return WEXITSTATUS(status);
}
