/*
 * api: any bytes as what answers on the API socket.  The first byte says how many more of them are there at each look.
 *
 * What must hold: no crash; a status or one of two errors; and what is a response when it comes whole is the
 * same response when it comes in parts.
 */
#include "sys/api.h"

#include "keep.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* The linker puts this before the C library's (--wrap). */
ssize_t __real_recv(int fd, void *bytes, size_t room, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t room, int flags);

static size_t there, at_once;

ssize_t
__wrap_recv(int fd, void *bytes, size_t room, int flags)
{
	there += at_once;
	return __real_recv(fd, bytes, room < there ? room : there, flags);
}

static int
answer(const uint8_t *data, size_t size, size_t more)
{
	int ends[2], status;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 || dup2(ends[0], FD_API) < 0)
		abort();
	/* More than the socket holds is more than is looked at. */
	if (send(ends[1], data, size, MSG_DONTWAIT) < 0)
		abort();
	there = 0;
	at_once = more;
	shutdown(ends[1], SHUT_WR);
	api_begin();
	status = api_exchange("GET / HTTP/1.1\r\n\r\n");
	if (ends[0] != FD_API)
		close(ends[0]);
	close(ends[1]);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int whole, in_parts;

	if (size == 0)
		return 0;
	whole = answer(data + 1, size - 1, size);
	if ((whole < 200 || whole > 599) && whole != -EPROTO && whole != -EMSGSIZE)
		abort();
	/* Each look is at all that is there. */
	if (size > 100u * (data[0] + 1u))
		return 0;
	in_parts = answer(data + 1, size - 1, data[0] + 1u);
	if (whole > 0 && in_parts != whole)
		abort();
	return 0;
}
