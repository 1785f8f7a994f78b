/*
 * netlink: any bytes as what the kernel answers to questions about links and about nf_tables.  The first byte
 * picks the question, and how long each datagram of the answer is.
 *
 * What must hold: no crash; no byte is read that is not of the answer; every text has its end.
 */
#include "keep.h"
#include "sys/forward.h"
#include "sys/link.h"
#include "sys/nat.h"
#include "sys/netlink.h"
#include "sys/nft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
typeof(mnl_cb_run) __wrap_mnl_cb_run, __real_mnl_cb_run;

enum { QUESTIONS = 8, ANSWER_MAX = 8192 };

static int kernel;              /* its end of the socket */
static unsigned sequence;       /* as netlink_exchange counts */
static mnl_cb_t callback;
static size_t bytes_read;       /* so that no compiler leaves a reading out */

/* A message in memory of its own, with nothing behind it but what netlink(7) pads it with: libmnl takes
 * attributes up to there. */
static int
run_alone(const struct nlmsghdr *message, void *data)
{
	size_t length = message->nlmsg_len;
	struct nlmsghdr *alone = calloc(1, MNL_ALIGN(length));
	int rc;

	if (!alone)
		abort();
	memcpy(alone, message, length);
	rc = callback(alone, data);
	free(alone);
	return rc;
}

int
__wrap_mnl_cb_run(const void *bytes, size_t length, unsigned number, unsigned port, mnl_cb_t wanted, void *data)
{
	callback = wanted;
	return __real_mnl_cb_run(bytes, length, number, port, wanted ? run_alone : NULL, data);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int ends[2];

	(void)argc;
	(void)argv;
	if (netlink_open() < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0 ||
	    (kernel = dup(ends[1])) < 0 || dup2(ends[0], FD_NETLINK) < 0 || dup2(ends[0], FD_NETFILTER) < 0)
		abort();
	return 0;
}

/* The numbers of an answer are those of the question. */
static void
answer(const uint8_t *data, size_t size)
{
	static _Alignas(struct nlmsghdr) char bytes[ANSWER_MAX];

	size = size < sizeof(bytes) ? size : sizeof(bytes);
	memcpy(bytes, data, size);
	for (size_t at = 0; at + sizeof(struct nlmsghdr) <= size;) {
		struct nlmsghdr *message = (void *)(bytes + at);

		message->nlmsg_seq = sequence;
		if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > size - at)
			break;
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
	if (size > 0)
		(void)send(kernel, bytes, size, MSG_DONTWAIT);
}

static void
see_link(const struct link *link, void *data)
{
	(void)data;
	bytes_read += strlen(link->name) + strlen(link->kind) + strlen(link->alias);
}

static void
see_chain(const struct nft_chain *chain, void *data)
{
	bytes_read += strlen(chain->table) + strlen(chain->name) + strlen(chain->comment);
	forward_note(data, chain);
}

static void
see_table(int family, const char *table, void *data)
{
	(void)data;
	bytes_read += (size_t)family + strlen(table);
}

static void
see_rule(const struct nft_rule *rule, void *data)
{
	(void)data;
	bytes_read += strlen(rule->table) + strlen(rule->chain) + strlen(rule->comment) + strlen(rule->to);
	if (rule->word > NFT_GOES_TO)
		abort();
}

static void
see_element(const void *key, size_t length, const char *comment, void *data)
{
	(void)data;
	bytes_read += strlen(comment) + (memchr(key, 'x', length) != NULL);
}

static void
see_guest(const struct guest *guest, const char *tag, void *data)
{
	(void)data;
	bytes_read += strlen(guest->tap.text) + strlen(tag);
}

static void
ask(unsigned question)
{
	static const struct link_name name = { "banger0" };
	static const struct network network = { .prefix = 24 };
	struct forward forward = { 0 };
	struct link link;

	switch (question) {
	case 0:
		if (link_find(&name, &link) == 0 && strcmp(link.name, name.text) != 0)
			abort();
		break;
	case 1:
		link_each("tun", see_link, NULL);
		break;
	case 2:
		link_add_address(1, &network);
		break;
	case 3:
		nft_each_chain(see_chain, &forward);
		break;
	case 4:
		nft_each_owned_table(see_table, NULL);
		break;
	case 5:
		nft_each_rule(2, "filter", "FORWARD", see_rule, NULL);
		break;
	case 6:
		nft_each_element(7, "banger", "pairs", NULL, 0, see_element, NULL);
		break;
	default:
		nat_each(see_guest, NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char left[NETLINK_BYTES];
	size_t at_once;

	if (size == 0)
		return 0;
	at_once = data[0] < 128 ? size : 64u * (data[0] / QUESTIONS % 16 + 1u);
	sequence++;
	for (size_t at = 1, sent = 0; at < size && sent < 16; at += at_once, sent++)
		answer(data + at, size - at < at_once ? size - at : at_once);
	ask(data[0] % QUESTIONS);
	while (recv(kernel, left, sizeof(left), MSG_DONTWAIT) > 0)
		;
	while (recv(FD_NETLINK, left, sizeof(left), MSG_DONTWAIT) > 0)
		;
	return 0;
}
