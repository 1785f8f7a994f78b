/*
 * make-socket PATH: a unix socket at which nobody listens any more.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int
main(int argc, char *argv[])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 126;
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	return bind(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&address,
		    sizeof(address)) < 0;
}
