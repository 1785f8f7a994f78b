/*
 * values.c: the gates of configured values.  Root wrote them, but a typing error in them must not
 * become a rule for anybody.
 */
#include "gate/gate.h"

#include "keep.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static enum reason
fit_account(const char *text, const struct settings *settings, void *into)
{
	struct account account = { 0 };
	uint64_t uid;

	(void)settings;
	if (text[0] >= '0' && text[0] <= '9') {
		if (!gate_number(text, 1, INT32_MAX, &uid) || uid == NOBODY)
			return REASON_MALFORMED;
		account.uid = (uid_t)uid;
	}
	if (gate_copy(text, account.text, sizeof(account.text)) != REASON_NONE ||
	    strcmp(text, "root") == 0)
		return REASON_MALFORMED;
	*(struct account *)into = account;
	return REASON_NONE;
}

const struct gate gate_account = {
	.shape = "([a-z_][a-z0-9_-]*|[1-9][0-9]*)",
	.want = "a user's name in /etc/passwd or a uid, not root or nobody (65534)",
	.longest = 32,
	.fit = fit_account,
};

static enum reason
fit_path(const char *text, const struct settings *settings, void *into)
{
	struct configured_path *path = into;

	(void)settings;
	return gate_copy(text, path->text, sizeof(path->text));
}

/* The sudoers rules carry these paths, and commands that people are told to run: of bytes that neither reads as more
 * than text. */
#define SEGMENT "\\.?[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*"
#define OF_BYTES "of A-Z a-z 0-9 . _ @ + -"

const struct gate gate_directory = {
	.shape = "(/" SEGMENT ")+",
	.want = "an absolute path " OF_BYTES ", without . .. or //, and without / at its end",
	.longest = CONFIGURED_PATH_MAX,
	.fit = fit_path,
};

/* The jailer names the chroot after the binary, and jail_dir/firecracker is where verbs look. */
const struct gate gate_firecracker = {
	.shape = "((/" SEGMENT ")*/)?firecracker",
	.want = "\"firecracker\", or an absolute path " OF_BYTES " that ends in /firecracker",
	.longest = CONFIGURED_PATH_MAX,
	.fit = fit_path,
};

const struct gate gate_jailer = {
	.shape = "((/" SEGMENT ")+|[a-z][a-z0-9._-]*)",
	.want = "a bare file name, or an absolute path " OF_BYTES,
	.longest = CONFIGURED_PATH_MAX,
	.fit = fit_path,
};

static enum reason
fit_link_name(const char *text, const struct settings *settings, void *into)
{
	struct link_name *name = into;

	(void)settings;
	/* Both are directories of /proc/sys/net/ipv4/conf that stand for every link. */
	if (strcmp(text, "all") == 0 || strcmp(text, "default") == 0)
		return REASON_MALFORMED;
	return gate_copy(text, name->text, sizeof(name->text));
}

const struct gate gate_link_name = {
	.shape = "[A-Za-z0-9_][A-Za-z0-9_.-]*",
	.want = "a link's name of A-Z a-z 0-9 _ . -, 15 bytes at most",
	.longest = IFNAMSIZ - 1,
	.fit = fit_link_name,
};

const struct gate gate_tap_prefix = {
	.shape = "[a-z][a-z0-9-]*",
	.want = "a-z and then more of a-z 0-9 -, 14 bytes at most",
	.longest = IFNAMSIZ - 2,
	.fit = fit_link_name,
};

static enum reason
fit_network(const char *text, const struct settings *settings, void *into)
{
	struct network network = { 0 };
	char address[INET_ADDRSTRLEN] = "";
	const char *slash = strchr(text, '/');
	uint32_t host, host_bits;
	uint64_t prefix;

	(void)settings;
	if (!slash || (size_t)(slash - text) >= sizeof(address) ||
	    !gate_number(slash + 1, 8, 30, &prefix))
		return REASON_MALFORMED;
	memcpy(address, text, (size_t)(slash - text));
	if (!gate_dotted_quad(address, &network.address))
		return REASON_MALFORMED;
	network.prefix = (unsigned)prefix;
	host_bits = UINT32_MAX >> network.prefix;
	host = ntohl(network.address.s_addr) & host_bits;
	if (host == 0 || host == host_bits)
		return REASON_MALFORMED;
	if (gate_copy(text, network.text, sizeof(network.text)) != REASON_NONE)
		return REASON_MALFORMED;
	*(struct network *)into = network;
	return REASON_NONE;
}

const struct gate gate_network = {
	.shape = "[0-9]+(\\.[0-9]+){3}/[0-9]+",
	.want = "a host's IPv4 address and a prefix of 8 to 30, like 172.30.0.1/24",
	.longest = 18,
	.fit = fit_network,
};

static enum reason
fit_domain(const char *text, const struct settings *settings, void *into)
{
	struct domain *domain = into;

	(void)settings;
	return gate_copy(text, domain->text, sizeof(domain->text));
}

#define LABEL "[a-z0-9]([a-z0-9-]*[a-z0-9])?"

const struct gate gate_domain = {
	.shape = LABEL "(\\." LABEL ")*",
	.want = "labels of a-z 0-9 - with dots between them, 63 bytes at most, no ~ in front",
	.longest = DOMAIN_MAX,
	.fit = fit_domain,
};

static enum reason
fit_id_range(const char *text, const struct settings *settings, void *into)
{
	struct id_range *range = into;
	const char *dash = strchr(text, '-');
	char low[11] = "";
	uint64_t first, last;

	(void)settings;
	if (!dash) {
		if (!gate_number(text, 1, INT32_MAX, &first))
			return REASON_MALFORMED;
		last = first;
	} else {
		if ((size_t)(dash - text) >= sizeof(low))
			return REASON_MALFORMED;
		memcpy(low, text, (size_t)(dash - text));
		if (!gate_number(low, 1, INT32_MAX, &first) ||
		    !gate_number(dash + 1, first, INT32_MAX, &last))
			return REASON_MALFORMED;
	}
	if (first <= NOBODY && last >= NOBODY)
		return REASON_MALFORMED;
	*range = (struct id_range){ .first = (uid_t)first, .last = (uid_t)last };
	return gate_copy(text, range->text, sizeof(range->text));
}

const struct gate gate_id_range = {
	.shape = "[1-9][0-9]*(-[1-9][0-9]*)?",
	.want = "a number, or first-last, between 1 and 2147483647, without 65534 (nobody)",
	.longest = 21,
	.fit = fit_id_range,
};

static enum reason
fit_yes_no(const char *text, const struct settings *settings, void *into)
{
	(void)settings;
	*(bool *)into = strcmp(text, "yes") == 0;
	return REASON_NONE;
}

const struct gate gate_yes_no = {
	.shape = "(yes|no)",
	.want = "yes or no",
	.fit = fit_yes_no,
};
