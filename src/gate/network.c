/*
 * network.c: the gates of addresses on the command line.
 */
#include "gate/gate.h"

#include <arpa/inet.h>
#include <string.h>

/* Not libc's: parsers have differed on 010.0.0.1 (CVE-2021-29923), and each number here has one spelling. */
bool
gate_dotted_quad(const char *text, struct in_addr *out)
{
	uint32_t address = 0;

	for (unsigned i = 0; i < 4; i++) {
		size_t length = strcspn(text, ".");
		char octet[sizeof("255")] = "";
		uint64_t number;

		if (length >= sizeof(octet))
			return false;
		memcpy(octet, text, length);
		if (!gate_number(octet, 0, UINT8_MAX, &number))
			return false;
		address = address << 8 | (uint32_t)number;
		text += length;
		if (*text != (i < 3 ? '.' : '\0'))
			return false;
		text++;
	}
	out->s_addr = htonl(address);
	return true;
}

static enum reason
fit_guest_ip(const char *text, const struct settings *settings, void *into)
{
	const struct network *network = &settings->bridge_address;
	uint32_t host_bits = UINT32_MAX >> network->prefix;
	struct in_addr address;
	uint32_t host;

	if (!gate_dotted_quad(text, &address))
		return REASON_MALFORMED;
	host = ntohl(address.s_addr) & host_bits;
	if ((ntohl(address.s_addr ^ network->address.s_addr) & ~host_bits) != 0 || host == 0 ||
	    host == host_bits || address.s_addr == network->address.s_addr)
		return REASON_NOT_ALLOWED;
	*(struct in_addr *)into = address;
	return REASON_NONE;
}

#define OCTET "(0|[1-9][0-9]{0,2})"

const struct gate gate_guest_ip = {
	.shape = OCTET "(\\." OCTET "){3}",
	.want = "an IPv4 address in the network of <bridge_address>: not that address, not the network's, "
		"not its broadcast",
	.sudo_wider = "addresses outside bridge_address's network",
	.longest = INET_ADDRSTRLEN - 1,
	.fit = fit_guest_ip,
};
