/*
 * network.c: the gates of addresses on the command line.
 */
#include "gate/gate.h"

#include <arpa/inet.h>
#include <string.h>

static enum reason
fit_guest_ip(const char *text, const struct settings *settings, void *into)
{
	const struct network *network = &settings->bridge_address;
	uint32_t host_bits = UINT32_MAX >> network->prefix;
	struct in_addr address;
	char again[INET_ADDRSTRLEN];
	uint32_t host;

	/* Printed again: parsers have differed on 010.0.0.1 (CVE-2021-29923). */
	if (inet_pton(AF_INET, text, &address) != 1 ||
	    !inet_ntop(AF_INET, &address, again, sizeof(again)) || strcmp(text, again) != 0)
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
