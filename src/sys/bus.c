/*
 * bus.c: connects, opens libsystemd, and waits for one answer at a time.
 *
 * sd_bus_call(3) would do the waiting, but it keeps whatever else arrives until its answer is there,
 * and looks at the clock only when nothing arrives.  Every user may send signals to every
 * connection of the system bus: here they are dropped one by one, and time passes.
 */
#include "sys/bus.h"

#include "build-config.h"
#include "keep.h"
#include "say/say.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 5, NAP_MS = 10 };

struct bus bus;

static sd_bus *connection;
static int64_t deadline;

static int
open_library(void)
{
	void *library = dlopen(LIBSYSTEMD_FILE, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return -ELIBACC;
	/* However long a message is, it goes into the heap: brk(2) is all that it takes. */
	mallopt(M_MMAP_MAX, 0);
#define BUS_LOOK_UP(function) \
	if (!(bus.function = (typeof(bus.function))dlsym(library, "sd_bus_" #function))) \
		return -ELIBACC;
	BUS_FUNCTIONS(BUS_LOOK_UP)
#undef BUS_LOOK_UP
	return 0;
}

static int
connect_socket(void)
{
	static const struct sockaddr_un address = {
		.sun_family = AF_UNIX, .sun_path = "/run/dbus/system_bus_socket",
	};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), rc, left;

	if (fd < 0)
		return -errno;
	/* A listener whose queue is full says EAGAIN, and poll(2) does not tell when there is room. */
	while ((rc = connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0) == -EAGAIN &&
	       (left = waiting_left(deadline)) > 0)
		(void)poll(NULL, 0, left < NAP_MS ? left : NAP_MS);
	if (rc == -EAGAIN)
		rc = -ETIMEDOUT;
	if (rc == 0 && dup3(fd, FD_BUS, O_CLOEXEC) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* Nobody has anything to ask of us, and some questions the library would answer. */
static int
ignore(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)message;
	(void)data;
	(void)error;
	return 1;
}

int
bus_open(void)
{
	int rc;

	deadline = waiting_clock() + PATIENCE_S * INT64_C(1000);
	waiting_begin("systemd-resolved");
	rc = connect_socket();
	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = open_library();
	if (rc == 0)
		rc = bus.new(&connection);
	if (rc >= 0)
		rc = bus.set_fd(connection, FD_BUS, FD_BUS);
	if (rc >= 0)
		rc = bus.set_bus_client(connection, true);
	if (rc >= 0)
		rc = bus.negotiate_fds(connection, false);
	if (rc >= 0)
		rc = bus.add_filter(connection, NULL, ignore, NULL);
	if (rc >= 0)
		rc = bus.start(connection);
	return rc < 0 ? rc : 0;
}

/* Lets the library take one message, or waits for one to come. */
static int
turn(void)
{
	int left = waiting_left(deadline);
	int rc = left == 0 ? -ETIMEDOUT : bus.process(connection, NULL);

	if (rc == 0)
		rc = bus.wait(connection, (uint64_t)left * 1000);
	/* Who stopped us for a while has broken nothing. */
	return rc == -EINTR ? 0 : rc;
}

int
bus_greet(void)
{
	int rc = 0;

	if (!connection)
		return -ESRCH;
	while (rc >= 0 && (rc = bus.is_ready(connection)) == 0)
		rc = turn();
	return rc < 0 ? rc : 0;
}

int
bus_request(sd_bus_message **request, const char *service, const char *path, const char *interface,
	    const char *method)
{
	return bus.message_new_method_call(connection, request, service, path, interface, method);
}

static int
take_answer(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	*(sd_bus_message **)data = bus.message_ref(message);
	return 1;
}

int
bus_call(sd_bus_message *request, sd_bus_message **answer)
{
	sd_bus_slot *slot = NULL;
	/* No deadline for the library: it would make up an answer of its own. */
	int rc = bus.call_async(connection, &slot, request, take_answer, answer, UINT64_MAX);

	while (rc >= 0 && !*answer)
		rc = turn();
	/* Of a connection that breaks the library answers all that is open, into what its callers have left. */
	bus.slot_unref(slot);
	if (rc < 0)
		return rc;
	return bus.message_get_error(*answer) ? -EBADE : 0;
}

void
bus_message_drop(sd_bus_message **message)
{
	if (*message)
		bus.message_unref(*message);
}
