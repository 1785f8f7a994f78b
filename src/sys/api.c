/*
 * api.c: one buffer, one deadline, one response.
 */
#include "sys/api.h"

#include "gate/gate.h"
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { RESPONSE_BYTES = 8192, NAP_MS = 10 };

static int64_t deadline;

void
api_begin(void)
{
	deadline = waiting_clock() + API_PATIENCE_MS;
	waiting_begin("an answer from the API socket");
}

int
api_open(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	api_begin();
	if (fd < 0)
		return -errno;
	if (fd == FD_API)
		return 0;
	if (dup3(fd, FD_API, O_CLOEXEC) < 0)
		return -errno;
	close(fd);
	return 0;
}

int
api_connect(int pinned)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int left;

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", pinned);
	/* A listener whose queue is full says EAGAIN, and poll(2) does not tell when there is room. */
	while (connect(FD_API, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno != EAGAIN)
			return -errno;
		left = waiting_left(deadline);
		if (left == 0)
			return -ETIMEDOUT;
		(void)poll(NULL, 0, left < NAP_MS ? left : NAP_MS);
	}
	return 0;
}

static int
wait_for_room(void)
{
	struct pollfd api = { .fd = FD_API, .events = POLLOUT };
	int left, ready = 0;

	while (ready == 0 && (left = waiting_left(deadline)) > 0)
		ready = poll(&api, 1, left);
	return ready < 0 ? -errno : ready == 0 ? -ETIMEDOUT : 0;
}

static int
send_all(const char *request)
{
	size_t left = strlen(request);

	while (left > 0) {
		ssize_t sent = send(FD_API, request, left, MSG_DONTWAIT | MSG_NOSIGNAL);
		int rc = sent < 0 && errno != EAGAIN ? -errno : 0;

		if (sent < 0 && rc == 0)
			rc = wait_for_room();
		if (rc < 0)
			return rc;
		if (sent > 0) {
			request += sent;
			left -= (size_t)sent;
		}
	}
	return 0;
}

/* A response as far as it is here. */
struct response {
	char bytes[RESPONSE_BYTES + 1];
	size_t length;
};

/* A look at what has come, which takes nothing off the socket.  With bytes that are taken come descriptors, and whoever
 * drops the last one of a connection with SO_LINGER waits for that as long as the sender likes (socket(7)); not so a
 * process that ends, with what it has not taken.  poll(2) tells of the first bytes, and then only of the end.
 * -EPROTO when the peer has hung up: a response ends before that. */
static int
look(struct response *response)
{
	bool begun = response->length > 0;
	struct pollfd api = { .fd = FD_API, .events = begun ? POLLRDHUP : POLLIN };
	int left = waiting_left(deadline);
	ssize_t seen;

	if (response->length == RESPONSE_BYTES)
		return -EMSGSIZE;
	if (left == 0)
		return -ETIMEDOUT;
	if (poll(&api, 1, begun && left > NAP_MS ? NAP_MS : left) < 0)
		return -errno;
	seen = recv(FD_API, response->bytes, RESPONSE_BYTES, MSG_PEEK | MSG_DONTWAIT);
	if (seen < 0)
		return errno == EAGAIN ? 0 : -errno;
	if ((size_t)seen == response->length && (seen == 0 || api.revents))
		return -EPROTO;
	response->length = (size_t)seen;
	return 0;
}

/* Lines of printable ASCII, each ending with CR LF: then they can be read as text. */
static bool
is_clean(const char *head, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((head[i] < ' ' || head[i] > '~') && head[i] != '\t' &&
		    !(head[i] == '\r' && head[i + 1] == '\n') &&
		    !(head[i] == '\n' && i > 0 && head[i - 1] == '\r'))
			return false;
	return true;
}

/* The value of the one Content-Length; 0 without one.  -EPROTO for two, for one that is no number, and
 * for a body in chunks. */
static int
body_length(const char *head)
{
	static const char length_field[] = "Content-Length:", chunked[] = "Transfer-Encoding:";
	int length = -1;

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		char number[12] = "";
		uint64_t value;
		size_t digits;

		line += strlen("\r\n");
		if (strncasecmp(line, chunked, strlen(chunked)) == 0)
			return -EPROTO;
		if (strncasecmp(line, length_field, strlen(length_field)) != 0)
			continue;
		line += strlen(length_field);
		line += strspn(line, " \t");
		digits = strcspn(line, " \t\r");
		if (length >= 0 || digits >= sizeof(number))
			return -EPROTO;
		memcpy(number, line, digits);
		if (!gate_number(number, 0, INT32_MAX, &value))
			return -EPROTO;
		length = (int)value;
	}
	return length < 0 ? 0 : length;
}

/* "HTTP/1.1 204 No Content": the status, or -EPROTO.  Nothing asked for a 1xx. */
static int
status_of(const char *head)
{
	static const char version[] = "HTTP/1.";
	const char *digits = head + strlen("HTTP/1.1 ");
	int status = 0;

	if (strncmp(head, version, strlen(version)) != 0 || (head[7] != '0' && head[7] != '1') ||
	    head[8] != ' ' || strspn(digits, "0123456789") != 3 || !strchr(" \r", digits[3]))
		return -EPROTO;
	for (int i = 0; i < 3; i++)
		status = status * 10 + digits[i] - '0';
	return status >= 200 && status < 600 ? status : -EPROTO;
}

/* 1 when the response is whole, 0 when more must come, or -errno.  *status is its status. */
static int
is_whole(struct response *response, int *status)
{
	const char *end = memmem(response->bytes, response->length, "\r\n\r\n", 4);
	size_t head = end ? (size_t)(end - response->bytes) + 4 : response->length;
	int body;

	if (!is_clean(response->bytes, end ? head : head - (head > 0)))
		return -EPROTO;
	if (!end)
		return 0;
	response->bytes[head - 2] = '\0';       /* the last line keeps its end */
	*status = status_of(response->bytes);
	body = body_length(response->bytes);
	response->bytes[head - 2] = '\r';
	if (*status < 0 || body < 0)
		return -EPROTO;
	if (*status == 204)
		body = 0;
	if ((size_t)body > RESPONSE_BYTES - head)
		return -EMSGSIZE;
	if (response->length > head + (size_t)body)
		return -EPROTO;
	return response->length == head + (size_t)body;
}

int
api_exchange(const char *request)
{
	struct response response = { .length = 0 };
	int status = -EPROTO, whole = 0, rc = send_all(request);

	while (rc == 0 && whole == 0) {
		rc = look(&response);
		if (rc == 0)
			whole = is_whole(&response, &status);
	}
	return rc < 0 ? rc : whole < 0 ? whole : status;
}
