/*
 * api: any bytes as what answers on the API socket.  The first byte says how many of them come at once.
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

/* Packets, so that each is read by itself. */
static int
answer(const uint8_t *data, size_t size, size_t at_once)
{
	int ends[2], status;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 || dup2(ends[0], FD_API) < 0)
		abort();
	while (size > 0) {
		size_t part = size < at_once ? size : at_once;

		/* More than the socket holds is more than is read. */
		if (send(ends[1], data, part, MSG_DONTWAIT) < 0)
			break;
		data += part;
		size -= part;
	}
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
	/* Some hundred packets are what a socket holds. */
	if (size > 100u * (data[0] + 1u))
		return 0;
	in_parts = answer(data + 1, size - 1, data[0] + 1u);
	if (whole > 0 && in_parts != whole)
		abort();
	return 0;
}
