/*
 * rule.c: the expressions of nf_tables: load something into a register, then look at it.
 */
#include "sys/rule.h"

#include "sys/nft-write.h"

#include <arpa/inet.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

/* NFT_REG_1 holds 16 bytes, a link's name or an address; in a pair the address comes right after. */
enum { NAME = NFT_REG_1, ADDRESS = NFT_REG_1, SECOND = NFT_REG_2 };

void
rule_begin(struct nft_batch *batch, int family, const char *table, const char *chain, uint64_t before,
	   const char *text)
{
	struct nft_comment comment = nft_comment_of(text);
	struct nftnl_rule *rule = batch->rule = nftnl_rule_alloc();
	bool written = rule;

	SET_FIELDS(nftnl_rule_set_data, rule, FIELDS(NUMBER(NFTNL_RULE_FAMILY, family),
		   TEXT(NFTNL_RULE_TABLE, table), TEXT(NFTNL_RULE_CHAIN, chain),
		   COMMENT(NFTNL_RULE_USERDATA, comment)), written);
	if (nft_check(batch, written) && before)
		nftnl_rule_set_u64(rule, NFTNL_RULE_POSITION, before);
}

static void
end(struct nft_batch *batch)
{
	struct nftnl_rule *rule = batch->rule;
	int flags = NLM_F_CREATE;

	if (!rule)
		return;
	if (!nftnl_rule_is_set(rule, NFTNL_RULE_POSITION))
		flags |= NLM_F_APPEND;
	nftnl_rule_nlmsg_build_payload(nft_message(batch, NFT_MSG_NEWRULE,
				       (int)nftnl_rule_get_u32(rule, NFTNL_RULE_FAMILY), flags), rule);
	nft_message_end(batch);
	nftnl_rule_free(rule);
	batch->rule = NULL;
}

#define ADD(batch, name, ...) add(batch, name, FIELDS(__VA_ARGS__))

static const struct nft_field none = { 0 };

static void
add(struct nft_batch *batch, const char *name, const struct nft_field *fields)
{
	struct nftnl_expr *expression = batch->rule ? nftnl_expr_alloc(name) : NULL;
	bool written = expression;

	SET_FIELDS(nftnl_expr_set, expression, fields, written);
	if (expression)
		nftnl_rule_add_expr(batch->rule, expression);
	nft_check(batch, written);
}

static void
load_meta(struct nft_batch *batch, int key, uint32_t into)
{
	ADD(batch, "meta", NUMBER(NFTNL_EXPR_META_KEY, key), NUMBER(NFTNL_EXPR_META_DREG, into));
}

static void
load_address(struct nft_batch *batch, enum address_at at, uint32_t into)
{
	ADD(batch, "payload", NUMBER(NFTNL_EXPR_PAYLOAD_DREG, into),
	    NUMBER(NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER), NUMBER(NFTNL_EXPR_PAYLOAD_OFFSET, at),
	    NUMBER(NFTNL_EXPR_PAYLOAD_LEN, sizeof(struct in_addr)));
}

/* Keeps the bits of mask of 4 bytes. */
static void
keep_bits(struct nft_batch *batch, uint32_t mask)
{
	ADD(batch, "bitwise", NUMBER(NFTNL_EXPR_BITWISE_SREG, ADDRESS), NUMBER(NFTNL_EXPR_BITWISE_DREG, ADDRESS),
	    NUMBER(NFTNL_EXPR_BITWISE_LEN, sizeof(mask)), NUMBER(NFTNL_EXPR_BITWISE_MASK, mask),
	    NUMBER(NFTNL_EXPR_BITWISE_XOR, 0));
}

static void
compare(struct nft_batch *batch, int op, const void *bytes, size_t length)
{
	ADD(batch, "cmp", NUMBER(NFTNL_EXPR_CMP_SREG, NFT_REG_1), NUMBER(NFTNL_EXPR_CMP_OP, op),
	    BYTES(NFTNL_EXPR_CMP_DATA, bytes, length));
}

static void
look_up(struct nft_batch *batch, const char *set)
{
	ADD(batch, "lookup", NUMBER(NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1), TEXT(NFTNL_EXPR_LOOKUP_SET, set));
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
	static const uint32_t zero;

	ADD(batch, "ct", NUMBER(NFTNL_EXPR_CT_KEY, key), NUMBER(NFTNL_EXPR_CT_DREG, ADDRESS));
	keep_bits(batch, bits);
	compare(batch, NFT_CMP_NEQ, &zero, sizeof(zero));
}

/* Not the host's own, nor everybody's. */
static void
compare_address_type(struct nft_batch *batch, uint32_t end)
{
	static const uint32_t somebodys = RTN_UNICAST;

	ADD(batch, "fib", NUMBER(NFTNL_EXPR_FIB_DREG, NFT_REG_1),
	    NUMBER(NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE), NUMBER(NFTNL_EXPR_FIB_FLAGS, end));
	compare(batch, NFT_CMP_EQ, &somebodys, sizeof(somebodys));
}

void
rule_forwarded_for(struct nft_batch *batch, struct in_addr network, unsigned prefix)
{
	static const uint8_t first_way = IP_CT_DIR_ORIGINAL;

	ADD(batch, "ct", NUMBER(NFTNL_EXPR_CT_KEY, NFT_CT_SRC_IP), NUMBER(NFTNL_EXPR_CT_DREG, ADDRESS),
	    BYTES(NFTNL_EXPR_CT_DIR, &first_way, sizeof(first_way)));
	compare_network(batch, network, prefix);
	compare_address_type(batch, NFTA_FIB_F_SADDR);
	compare_address_type(batch, NFTA_FIB_F_DADDR);
}

static void
match_of_iptables(struct nft_batch *batch, const char *name, int revision, const void *info, size_t size)
{
	const void *owned = nft_copy(info, size);

	if (nft_check(batch, owned))
		ADD(batch, "match", TEXT(NFTNL_EXPR_MT_NAME, name), NUMBER(NFTNL_EXPR_MT_REV, revision),
		    BYTES(NFTNL_EXPR_MT_INFO, owned, size));
}

void
rule_forwarded_for_iptables(struct nft_batch *batch, struct in_addr network, unsigned prefix)
{
	uint32_t mask = htonl(UINT32_MAX << (32 - prefix));
	const struct xt_conntrack_mtinfo3 conntrack = {
		.origsrc_addr.ip = network.s_addr & mask,
		.origsrc_mask.ip = mask,
		.match_flags = XT_CONNTRACK_ORIGSRC,
	};
	const struct xt_addrtype_info_v1 types = { .source = XT_ADDRTYPE_UNICAST, .dest = XT_ADDRTYPE_UNICAST };

	match_of_iptables(batch, "conntrack", 3, &conntrack, sizeof(conntrack));
	match_of_iptables(batch, "addrtype", 1, &types, sizeof(types));
	/* iptables -L wants to show how many packets there were. */
	add(batch, "counter", &none);
}

void
rule_verdict(struct nft_batch *batch, int verdict)
{
	ADD(batch, "immediate", NUMBER(NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT), NUMBER(NFTNL_EXPR_IMM_VERDICT, verdict));
	end(batch);
}

void
rule_masquerade(struct nft_batch *batch)
{
	add(batch, "masq", &none);
	end(batch);
}
