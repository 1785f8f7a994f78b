/*
 * resolver.c: the gates of the link and the DNS server that a domain is routed to.
 *
 * The server is the owner's daemon: what it may be is this host, on a port that an ordinary user can
 * have, or 53.  Any other address would hand the domain's names, and who asks for them, to a stranger.
 */
#include "gate/gate.h"

#include <arpa/inet.h>
#include <string.h>

enum { DNS_PORT = 53, FIRST_USER_PORT = 1024 };

static enum reason
fit_bridge(const char *text, const struct settings *settings, void *into)
{
	(void)text;
	*(struct link_name *)into = settings->bridge;
	return REASON_NONE;
}

const struct gate gate_bridge = {
	.shape = "<bridge>",
	.want = "<bridge>, the configured bridge",
	.longest = IFNAMSIZ - 1,
	.fit = fit_bridge,
};

/* Writes the address without brackets and port; the shape has seen to the rest. */
static bool
split(const char *text, char *address, size_t size, uint16_t *port)
{
	bool bracketed = text[0] == '[';
	const char *end = bracketed ? strchr(text, ']') : strchr(text, '.') ? strchr(text, ':') : NULL;
	const char *start = text + bracketed;
	size_t length = end ? (size_t)(end - start) : strlen(start);
	uint64_t number = DNS_PORT;

	if (length >= size)
		return false;
	memcpy(address, start, length);
	address[length] = '\0';
	if (end && !gate_number(end + 1 + bracketed, 1, UINT16_MAX, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}

/* Only the spelling that the libc itself prints: 127.1, ::0001 and 010.0.0.1 are somebody's idea of
 * an address, and not everybody's the same (CVE-2021-29923). */
static bool
parse(const char *address, struct resolver *resolver)
{
	char again[INET6_ADDRSTRLEN];

	resolver->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	return inet_pton(resolver->family, address, &resolver->address) == 1 &&
	       inet_ntop(resolver->family, &resolver->address, again, sizeof(again)) &&
	       strcmp(address, again) == 0;
}

static bool
is_this_host(const struct resolver *resolver, const struct settings *settings)
{
	uint32_t v4 = ntohl(resolver->address.v4.s_addr);

	if (resolver->family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&resolver->address.v6);
	/* 127.0.0.53 and 127.0.0.54 are systemd-resolved's own: it would ask itself, and refuses to. */
	if (v4 == 0x7f000035 || v4 == 0x7f000036)
		return false;
	return v4 >> 24 == IN_LOOPBACKNET ||
	       resolver->address.v4.s_addr == settings->bridge_address.address.s_addr;
}

static enum reason
fit_resolver(const char *text, const struct settings *settings, void *into)
{
	struct resolver resolver = { 0 };
	char address[INET6_ADDRSTRLEN];

	if (!split(text, address, sizeof(address), &resolver.port) || !parse(address, &resolver))
		return REASON_MALFORMED;
	if (resolver.port != DNS_PORT && resolver.port < FIRST_USER_PORT)
		return REASON_NOT_ALLOWED;
	if (!is_this_host(&resolver, settings))
		return REASON_NOT_ALLOWED;
	*(struct resolver *)into = resolver;
	return REASON_NONE;
}

#define PORT ":[1-9][0-9]*"

const struct gate gate_resolver = {
	.shape = "([0-9]+(\\.[0-9]+){3}(" PORT ")?|[0-9a-f:]+|\\[[0-9a-f:]+]" PORT ")",
	.want = "the bridge's own or a loopback address (not 127.0.0.53 or 127.0.0.54), canonical, with "
		":PORT (IPv6 in brackets) where it is not 53, of 1024 to 65535",
	.sudo_wider = "other addresses and spellings, ports from 54 to 1023 and from 65536",
	.longest = sizeof("[]:65535") - 1 + INET6_ADDRSTRLEN - 1,
	.fit = fit_resolver,
};
