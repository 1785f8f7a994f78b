/*
 * rule.c: the expressions of nf_tables: load something into a register, then look at it.
 */
#include "sys/rule.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_conntrack.h>
#include <net/if.h>
#include <string.h>

/* NFT_REG_1 holds 16 bytes, a link's name or an address; in a pair the address comes right after. */
enum { NAME = NFT_REG_1, ADDRESS = NFT_REG_1, SECOND = NFT_REG_2 };

void
rule_begin(struct nft_batch *batch, int family, const char *table, const char *chain, uint64_t before,
	   const char *comment)
{
	struct nlmsghdr *message = nft_message(batch, NFT_MSG_NEWRULE, family,
					       NLM_F_CREATE | (before ? 0 : NLM_F_APPEND));
	uint64_t position = htobe64(before);

	mnl.attr_put_strz(message, NFTA_RULE_TABLE, table);
	mnl.attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	if (before)
		mnl.attr_put(message, NFTA_RULE_POSITION, sizeof(position), &position);
	if (comment)
		nft_put_comment(message, NFTA_RULE_USERDATA, comment);
	batch->list = mnl.attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
}

/* An expression's two nests. */
struct expression { struct nlattr *outer, *inner; };

static struct expression
begin(struct nft_batch *batch, const char *name)
{
	struct expression expression;

	expression.outer = mnl.attr_nest_start(batch->message, NFTA_LIST_ELEM);
	mnl.attr_put_strz(batch->message, NFTA_EXPR_NAME, name);
	expression.inner = mnl.attr_nest_start(batch->message, NFTA_EXPR_DATA);
	return expression;
}

static void
end(struct nft_batch *batch, struct expression expression)
{
	mnl.attr_nest_end(batch->message, expression.inner);
	mnl.attr_nest_end(batch->message, expression.outer);
}

static void
put_data(struct nft_batch *batch, int type, const void *bytes, size_t length)
{
	struct nlattr *nest = mnl.attr_nest_start(batch->message, (uint16_t)type);

	mnl.attr_put(batch->message, NFTA_DATA_VALUE, length, bytes);
	mnl.attr_nest_end(batch->message, nest);
}

static void
load_meta(struct nft_batch *batch, int key, uint32_t into)
{
	struct expression meta = begin(batch, "meta");

	nft_put_u32(batch->message, NFTA_META_KEY, (uint32_t)key);
	nft_put_u32(batch->message, NFTA_META_DREG, into);
	end(batch, meta);
}

static void
load_address(struct nft_batch *batch, enum address_at at, uint32_t into)
{
	struct expression payload = begin(batch, "payload");

	nft_put_u32(batch->message, NFTA_PAYLOAD_DREG, into);
	nft_put_u32(batch->message, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nft_put_u32(batch->message, NFTA_PAYLOAD_OFFSET, at);
	nft_put_u32(batch->message, NFTA_PAYLOAD_LEN, sizeof(struct in_addr));
	end(batch, payload);
}

static void
load_tracked(struct nft_batch *batch, int key)
{
	struct expression ct = begin(batch, "ct");

	nft_put_u32(batch->message, NFTA_CT_DREG, ADDRESS);
	nft_put_u32(batch->message, NFTA_CT_KEY, (uint32_t)key);
	if (key == NFT_CT_SRC_IP)
		mnl.attr_put_u8(batch->message, NFTA_CT_DIRECTION, IP_CT_DIR_ORIGINAL);
	end(batch, ct);
}

/* Keeps the bits of mask of 4 bytes. */
static void
keep_bits(struct nft_batch *batch, uint32_t mask)
{
	static const uint32_t none;
	struct expression bitwise = begin(batch, "bitwise");

	nft_put_u32(batch->message, NFTA_BITWISE_SREG, ADDRESS);
	nft_put_u32(batch->message, NFTA_BITWISE_DREG, ADDRESS);
	nft_put_u32(batch->message, NFTA_BITWISE_LEN, sizeof(mask));
	put_data(batch, NFTA_BITWISE_MASK, &mask, sizeof(mask));
	put_data(batch, NFTA_BITWISE_XOR, &none, sizeof(none));
	end(batch, bitwise);
}

static void
compare(struct nft_batch *batch, int op, const void *bytes, size_t length)
{
	struct expression cmp = begin(batch, "cmp");

	nft_put_u32(batch->message, NFTA_CMP_SREG, NFT_REG_1);
	nft_put_u32(batch->message, NFTA_CMP_OP, (uint32_t)op);
	put_data(batch, NFTA_CMP_DATA, bytes, length);
	end(batch, cmp);
}

static void
look_up(struct nft_batch *batch, const char *set)
{
	struct expression lookup = begin(batch, "lookup");

	mnl.attr_put_strz(batch->message, NFTA_LOOKUP_SET, set);
	nft_put_u32(batch->message, NFTA_LOOKUP_SREG, NFT_REG_1);
	end(batch, lookup);
}

static void
compare_name(struct nft_batch *batch, int key, int op, const char *name)
{
	char padded[IFNAMSIZ] = "";

	memcpy(padded, name, strnlen(name, sizeof(padded) - 1));
	load_meta(batch, key, NAME);
	compare(batch, op, padded, sizeof(padded));
}

void
rule_link(struct nft_batch *batch, int key, const char *name)
{
	compare_name(batch, key, NFT_CMP_EQ, name);
}

void
rule_link_not(struct nft_batch *batch, int key, const char *name)
{
	compare_name(batch, key, NFT_CMP_NEQ, name);
}

void
rule_elsewhere(struct nft_batch *batch, int key, const char *prefix)
{
	load_meta(batch, key, NAME);
	compare(batch, NFT_CMP_NEQ, prefix, strlen(prefix));
}

void
rule_protocol(struct nft_batch *batch, uint16_t protocol)
{
	uint16_t wire = htons(protocol);

	load_meta(batch, NFT_META_PROTOCOL, NFT_REG_1);
	compare(batch, NFT_CMP_EQ, &wire, sizeof(wire));
}

void
rule_address_in(struct nft_batch *batch, enum address_at at, const char *set)
{
	load_address(batch, at, ADDRESS);
	look_up(batch, set);
}

void
rule_link_and_address_in(struct nft_batch *batch, int key, enum address_at at, const char *set)
{
	load_meta(batch, key, NAME);
	load_address(batch, at, SECOND);
	look_up(batch, set);
}

static void
compare_network(struct nft_batch *batch, struct in_addr network, unsigned prefix)
{
	uint32_t mask = htonl(prefix ? UINT32_MAX << (32 - prefix) : 0);
	uint32_t first = network.s_addr & mask;

	keep_bits(batch, mask);
	compare(batch, NFT_CMP_EQ, &first, sizeof(first));
}

void
rule_address_within(struct nft_batch *batch, enum address_at at, struct in_addr network,
		    unsigned prefix)
{
	load_address(batch, at, ADDRESS);
	compare_network(batch, network, prefix);
}

void
rule_tracked(struct nft_batch *batch, int key, uint32_t bits)
{
	static const uint32_t none;

	load_tracked(batch, key);
	keep_bits(batch, bits);
	compare(batch, NFT_CMP_NEQ, &none, sizeof(none));
}

void
rule_begun_within(struct nft_batch *batch, struct in_addr network, unsigned prefix)
{
	load_tracked(batch, NFT_CT_SRC_IP);
	compare_network(batch, network, prefix);
}

void
rule_begun_within_iptables(struct nft_batch *batch, struct in_addr network, unsigned prefix)
{
	uint32_t mask = htonl(UINT32_MAX << (32 - prefix));
	struct xt_conntrack_mtinfo3 conntrack = {
		.origsrc_addr.ip = network.s_addr & mask,
		.origsrc_mask.ip = mask,
		.match_flags = XT_CONNTRACK_ORIGSRC,
	};
	struct expression match = begin(batch, "match");

	mnl.attr_put_strz(batch->message, NFTA_MATCH_NAME, "conntrack");
	nft_put_u32(batch->message, NFTA_MATCH_REV, 3);
	mnl.attr_put(batch->message, NFTA_MATCH_INFO, sizeof(conntrack), &conntrack);
	end(batch, match);
	/* iptables -L wants to show how many packets there were. */
	end(batch, begin(batch, "counter"));
}

void
rule_verdict(struct nft_batch *batch, int verdict)
{
	struct expression immediate = begin(batch, "immediate");
	struct nlattr *data, *code;

	nft_put_u32(batch->message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl.attr_nest_start(batch->message, NFTA_IMMEDIATE_DATA);
	code = mnl.attr_nest_start(batch->message, NFTA_DATA_VERDICT);
	nft_put_u32(batch->message, NFTA_VERDICT_CODE, (uint32_t)verdict);
	mnl.attr_nest_end(batch->message, code);
	mnl.attr_nest_end(batch->message, data);
	end(batch, immediate);
}

void
rule_masquerade(struct nft_batch *batch)
{
	end(batch, begin(batch, "masq"));
}
