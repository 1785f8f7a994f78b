/*
 * resolved.c: the methods and properties of a link, as systemd-resolved has them.
 */
#include "sys/resolved.h"

#include "sys/bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SERVICE "org.freedesktop.resolve1"

enum { DNS_PORT = 53 };

/* By the error's name; its text is for nobody. */
static int
errno_of(sd_bus_message *answer)
{
	static const struct { const char *name; int error; } known[] = {
		{ "org.freedesktop.DBus.Error.ServiceUnknown", ESRCH },
		{ "org.freedesktop.DBus.Error.NameHasNoOwner", ESRCH },
		{ "org.freedesktop.systemd1.NoSuchUnit", ESRCH },
		{ "org.freedesktop.systemd1.UnitMasked", ESRCH },
		/* Where systemd is not process 1, the bus tries the Exec= of its service file, /bin/false. */
		{ "org.freedesktop.DBus.Error.Spawn.ChildExited", ESRCH },
		{ "org.freedesktop.DBus.Error.UnknownObject", ENODEV },
		{ SERVICE ".NoSuchLink", ENODEV },
		{ SERVICE ".LinkBusy", EPERM },
		{ "org.freedesktop.DBus.Error.AccessDenied", EACCES },
		{ "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", EACCES },
		{ "org.freedesktop.DBus.Error.InvalidArgs", EINVAL },
		{ "org.freedesktop.DBus.Error.NoReply", ECONNRESET },
		{ "org.freedesktop.DBus.Error.TimedOut", ETIMEDOUT },
	};
	const sd_bus_error *error = bus.message_get_error(answer);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(error->name, known[i].name) == 0)
			return -known[i].error;
	return -EREMOTEIO;
}

static int
ask(sd_bus_message *request, sd_bus_message **answer)
{
	int rc = bus_call(request, answer);

	return rc == -EBADE ? errno_of(*answer) : rc;
}

static int
tell(sd_bus_message *request)
{
	BUS_MESSAGE *answer = NULL;

	return ask(request, &answer);
}

static int
link_request(sd_bus_message **request, int index, const char *interface, const char *method)
{
	char path[64];

	/* As sd_bus_path_encode(3) has it: a digit that comes first is written as _3N. */
	snprintf(path, sizeof(path), "/org/freedesktop/resolve1/link/_3%d", index);
	return bus_request(request, SERVICE, path, interface, method);
}

static size_t
address_size(const struct resolver *resolver)
{
	return resolver->family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static int
set_default_route_off(int index)
{
	BUS_MESSAGE *request = NULL;
	int rc = link_request(&request, index, SERVICE ".Link", "SetDefaultRoute");

	if (rc >= 0)
		rc = bus.message_append(request, "b", false);
	return rc < 0 ? rc : tell(request);
}

static int
set_domain(int index, const struct domain *domain)
{
	BUS_MESSAGE *request = NULL;
	int rc = link_request(&request, index, SERVICE ".Link", "SetDomains");

	/* true: routed there, and not a search domain. */
	if (rc >= 0)
		rc = bus.message_append(request, "a(sb)", 1, domain->text, true);
	return rc < 0 ? rc : tell(request);
}

static int
set_resolver(int index, const struct resolver *resolver)
{
	BUS_MESSAGE *request = NULL;
	int rc = link_request(&request, index, SERVICE ".Link", "SetDNSEx");

	if (rc >= 0)
		rc = bus.message_open_container(request, 'a', "(iayqs)");
	if (rc >= 0)
		rc = bus.message_open_container(request, 'r', "iayqs");
	if (rc >= 0)
		rc = bus.message_append(request, "i", resolver->family);
	if (rc >= 0)
		rc = bus.message_append_array(request, 'y', &resolver->address,
					      address_size(resolver));
	if (rc >= 0)
		rc = bus.message_append(request, "qs", resolver->port, "");
	if (rc >= 0)
		rc = bus.message_close_container(request);
	if (rc >= 0)
		rc = bus.message_close_container(request);
	return rc < 0 ? rc : tell(request);
}

int
resolved_route(int index, const struct resolver *resolver, const struct domain *domain)
{
	/* A server without a domain would be asked for every name, so the server comes last. */
	int rc = set_default_route_off(index);

	if (rc == 0)
		rc = set_domain(index, domain);
	if (rc == 0)
		rc = set_resolver(index, resolver);
	return rc;
}

int
resolved_revert(int index)
{
	BUS_MESSAGE *request = NULL;
	int rc = link_request(&request, index, SERVICE ".Link", "Revert");

	return rc < 0 ? rc : tell(request);
}

/* ---- reading back: 1 when it is as wanted, 0 when not, or -errno ---- */

/* The answer is left open at the property's value. */
static int
get(int index, const char *name, const char *type, sd_bus_message **answer)
{
	BUS_MESSAGE *request = NULL;
	int rc = link_request(&request, index, "org.freedesktop.DBus.Properties", "Get");

	if (rc >= 0)
		rc = bus.message_append(request, "ss", SERVICE ".Link", name);
	if (rc >= 0)
		rc = ask(request, answer);
	return rc < 0 ? rc : bus.message_enter_container(*answer, 'v', type);
}

static int
is_resolver(sd_bus_message *answer, const struct resolver *resolver)
{
	const char *name;
	const void *bytes;
	uint16_t port;
	size_t size;
	int family, rc = bus.message_read(answer, "i", &family);

	if (rc >= 0)
		rc = bus.message_read_array(answer, 'y', &bytes, &size);
	if (rc >= 0)
		rc = bus.message_read(answer, "qs", &port, &name);
	if (rc < 0)
		return rc;
	/* It keeps 53 as 0. */
	return family == resolver->family && (port ? port : DNS_PORT) == resolver->port &&
	       size == address_size(resolver) && memcmp(bytes, &resolver->address, size) == 0 && !*name;
}

static int
has_only_resolver(int index, const struct resolver *resolver)
{
	BUS_MESSAGE *answer = NULL;
	bool wanted = true;
	unsigned count = 0;
	int rc = get(index, "DNSEx", "a(iayqs)", &answer);

	if (rc >= 0)
		rc = bus.message_enter_container(answer, 'a', "(iayqs)");
	while (rc >= 0 && (rc = bus.message_enter_container(answer, 'r', "iayqs")) > 0) {
		rc = is_resolver(answer, resolver);
		wanted = wanted && rc > 0;
		count++;
		if (rc >= 0)
			rc = bus.message_exit_container(answer);
	}
	return rc < 0 ? rc : wanted && count == 1;
}

static int
has_only_domain(int index, const struct domain *domain)
{
	BUS_MESSAGE *answer = NULL;
	bool wanted = true;
	const char *name;
	unsigned count = 0;
	int routed, rc = get(index, "Domains", "a(sb)", &answer);

	if (rc >= 0)
		rc = bus.message_enter_container(answer, 'a', "(sb)");
	while (rc >= 0 && (rc = bus.message_read(answer, "(sb)", &name, &routed)) > 0) {
		wanted = wanted && routed && strcmp(name, domain->text) == 0;
		count++;
	}
	return rc < 0 ? rc : wanted && count == 1;
}

static int
is_no_default_route(int index)
{
	BUS_MESSAGE *answer = NULL;
	int on = true, rc = get(index, "DefaultRoute", "b", &answer);

	if (rc >= 0)
		rc = bus.message_read(answer, "b", &on);
	return rc < 0 ? rc : !on;
}

int
resolved_check(int index, const struct resolver *resolver, const struct domain *domain)
{
	int rc = has_only_resolver(index, resolver);

	if (rc > 0)
		rc = has_only_domain(index, domain);
	if (rc > 0)
		rc = is_no_default_route(index);
	return rc < 0 ? rc : rc > 0 ? 0 : -ENOENT;
}

/* An array; type is that of the whole. */
static int
is_empty(int index, const char *name, const char *type)
{
	BUS_MESSAGE *answer = NULL;
	int rc = get(index, name, type, &answer);

	if (rc >= 0)
		rc = bus.message_enter_container(answer, 'a', type + 1);
	return rc < 0 ? rc : bus.message_at_end(answer, false);
}

int
resolved_check_none(int index)
{
	int rc = is_empty(index, "DNSEx", "a(iayqs)");

	if (rc > 0)
		rc = is_empty(index, "Domains", "a(sb)");
	return rc < 0 ? rc : rc > 0 ? 0 : -ENOENT;
}

int
resolved_answers(void)
{
	BUS_MESSAGE *request = NULL, *answer = NULL;
	int rc = bus_request(&request, SERVICE, "/org/freedesktop/resolve1",
			     "org.freedesktop.DBus.Properties", "Get");

	if (rc >= 0)
		rc = bus.message_append(request, "ss", SERVICE ".Manager", "LLMNRHostname");
	return rc < 0 ? rc : ask(request, &answer);
}
