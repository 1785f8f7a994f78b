/*
 * A stand-in for firecracker, for tests: the API socket and nothing behind it.
 *
 * GET / tells id, state and version; PUT /actions with SendCtrlAltDel gives 204, and the process ends a moment later,
 * as a guest that shuts down would make it; everything else gives 400.  The real one answers SendCtrlAltDel so only
 * once a guest runs.  As with the real one, a socket path that exists already is an error, the socket's mode is left to
 * the umask, and the socket stays behind.
 *
 *   gcc -std=gnu17 -Wall -Wextra -Werror [-static] [-DSTANDIN_VERSION='"1.14.0"'] -o firecracker firecracker.c
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef STANDIN_VERSION
#define STANDIN_VERSION "1.15.1"
#endif

enum { CLIENTS = 10, ROOM = 51200, BAD_ARGUMENTS = 153, HUNG_UP = 156 };
enum { SHUTDOWN_MS = 50 };

struct client {
	int fd;
	size_t used;
	char text[ROOM + 1];
};

static struct client clients[CLIENTS];
static const char *id = "anonymous-instance", *api_sock = "/run/firecracker.socket";
static struct timespec shutdown_at;        /* zero: not asked to */

/* ---- flags ---- */

static const char *const value_flags[] = {
	"--seccomp-filter", "--start-time-us", "--start-time-cpu-us", "--parent-cpu-time-us", "--config-file",
	"--metadata", "--log-path", "--level", "--module", "--metrics-path", "--http-api-max-payload-size",
	"--mmds-size-limit", NULL
};
static const char *const plain_flags[] = {
	"--no-seccomp", "--show-level", "--show-log-origin", "--boot-timer", "--enable-pci", NULL
};

static bool
among(const char *const *list, const char *word)
{
	while (*list && strcmp(*list, word) != 0)
		list++;
	return *list;
}

/* The version is followed by an empty line and a line of the log, which goes to stdout too. */
static void
tell_version(void)
{
	char now[32];
	time_t seconds = time(NULL);
	struct tm fields;
	strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%S", localtime_r(&seconds, &fields));
	printf("Firecracker v%s\n\n%s.000000000 [anonymous-instance:main] "
	       "Firecracker exiting successfully. exit_code=0\n", STANDIN_VERSION, now);
}

static void
parse(char **argv)
{
	for (char **arg = argv + 1; *arg; arg++) {
		if (strcmp(*arg, "--version") != 0)
			continue;
		tell_version();
		exit(0);
	}
	for (char **arg = argv + 1; *arg; arg++) {
		const char *name = *arg;
		if (among(plain_flags, name))
			continue;
		bool is_id = strcmp(name, "--id") == 0, is_socket = strcmp(name, "--api-sock") == 0;
		if (!is_id && !is_socket && !among(value_flags, name))
			errx(BAD_ARGUMENTS, "unexpected argument");
		if (!*++arg || strncmp(*arg, "--", 2) == 0)
			errx(BAD_ARGUMENTS, "%s needs a value", name);
		if (is_id)
			id = *arg;
		if (is_socket)
			api_sock = *arg;
	}
}

/* ---- HTTP ---- */

static void
hang_up(struct client *client)
{
	close(client->fd);
	client->fd = -1;
	client->used = 0;
}

static void
answer(struct client *client, const char *status, const char *body)
{
	char text[1024];
	int n = snprintf(text, sizeof text, "HTTP/1.1 %s\r\nServer: Firecracker API\r\nConnection: keep-alive\r\n",
	                 status);
	if (body[0])
		n += snprintf(text + n, sizeof text - n, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
		              strlen(body));
	n += snprintf(text + n, sizeof text - n, "\r\n%s", body);
	if (send(client->fd, text, n, MSG_NOSIGNAL) != n)
		hang_up(client);
}

static void
serve(struct client *client, const char *head, const char *body)
{
	char text[512];
	if (strncmp(head, "GET / HTTP/1.", 13) == 0) {
		snprintf(text, sizeof text, "{\"id\":\"%s\",\"state\":\"Not started\",\"vmm_version\":\"%s\","
		         "\"app_name\":\"Firecracker\"}", id, STANDIN_VERSION);
		answer(client, "200 ", text);
	} else if (strncmp(head, "PUT /actions HTTP/1.", 20) == 0 && strstr(body, "\"action_type\"") &&
	           strstr(body, "\"SendCtrlAltDel\"")) {
		clock_gettime(CLOCK_MONOTONIC, &shutdown_at);
		answer(client, "204 ", "");
	} else {
		answer(client, "400 ", "{\"fault_message\":\"this stand-in does not know that request\"}");
	}
}

/* Zero once the text holds no whole request any more.  Clients may keep the connection and send the next one. */
static bool
take_request(struct client *client)
{
	size_t length = 0;
	client->text[client->used] = '\0';
	char *end = strstr(client->text, "\r\n\r\n");
	if (!end)
		return false;
	char *field = strcasestr(client->text, "\r\ncontent-length:");
	if (field && field < end)
		length = strtoul(field + strlen("\r\ncontent-length:"), NULL, 10);
	size_t head = end + 4 - client->text;
	if (length > ROOM - head) {
		answer(client, "413 ", "");
		hang_up(client);
		return false;
	}
	if (client->used < head + length)
		return false;
	char body[ROOM + 1];
	memcpy(body, client->text + head, length);
	body[length] = '\0';
	serve(client, client->text, body);
	if (client->fd < 0)
		return false;
	client->used -= head + length;
	memmove(client->text, client->text + head + length, client->used);
	return true;
}

static void
receive(struct client *client)
{
	ssize_t got = recv(client->fd, client->text + client->used, ROOM - client->used, 0);
	if (got <= 0) {        /* also when the text is full and still holds no whole request */
		hang_up(client);
		return;
	}
	client->used += got;
	while (take_request(client))
		;
}

static int
listen_there(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(api_sock) >= sizeof address.sun_path)
		errx(1, "the path of the api socket is too long");
	strcpy(address.sun_path, api_sock);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		err(1, "cannot bind the api socket");
	if (listen(fd, 128) < 0)
		err(1, "cannot listen");
	return fd;
}

static void
admit(int fd)
{
	for (int i = 0; i < CLIENTS; i++) {
		if (clients[i].fd >= 0)
			continue;
		clients[i].fd = fd;
		return;
	}
	close(fd);
}

static int
milliseconds_left(void)
{
	struct timespec now;
	if (!shutdown_at.tv_sec)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	long passed = (now.tv_sec - shutdown_at.tv_sec) * 1000 + (now.tv_nsec - shutdown_at.tv_nsec) / 1000000;
	return passed >= SHUTDOWN_MS ? 0 : SHUTDOWN_MS - passed;
}

static void
hung_up(int signal)
{
	(void)signal;
	_exit(HUNG_UP);
}

/* The asynchronous engine of drives needs it. */
static void
try_io_uring(void)
{
	if (syscall(SYS_io_uring_setup, 0, NULL) < 0 && errno == EPERM)
		errx(1, "io_uring_setup is denied");
	if (syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0) < 0 && errno == EPERM)
		errx(1, "io_uring_enter is denied");
	if (syscall(SYS_io_uring_register, -1, 0, NULL, 0) < 0 && errno == EPERM)
		errx(1, "io_uring_register is denied");
}

int
main(int argc, char **argv)
{
	if (argc < 1)
		return BAD_ARGUMENTS;
	parse(argv);
	try_io_uring();
	signal(SIGHUP, hung_up);        /* TERM and INT have no handler: as pid 1 of a namespace it never sees them */
	for (int i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;

	int listener = listen_there();
	while (milliseconds_left() != 0) {
		struct pollfd wait[CLIENTS + 1];
		for (int i = 0; i < CLIENTS; i++)
			wait[i] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };
		wait[CLIENTS] = (struct pollfd){ .fd = listener, .events = POLLIN };
		if (poll(wait, CLIENTS + 1, milliseconds_left()) < 0 && errno != EINTR)
			err(1, "cannot wait");
		for (int i = 0; i < CLIENTS; i++)
			if (wait[i].fd >= 0 && wait[i].revents)
				receive(&clients[i]);
		int fd = wait[CLIENTS].revents ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
		if (fd >= 0)
			admit(fd);
	}
	return 0;
}
