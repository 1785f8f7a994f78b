/*
 * nft-read.c: what the kernel says of chains, rules and elements.
 */
#include "sys/nft.h"

#include "keep.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

enum { ATTRIBUTES = 32 };

/* Attributes by their number; those from a newer kernel than we know are left out. */
struct attributes { const struct nlattr *nr[ATTRIBUTES]; };

static int
take(const struct nlattr *attr, void *data)
{
	struct attributes *all = data;
	unsigned type = mnl_attr_get_type(attr);

	if (type < ATTRIBUTES)
		all->nr[type] = attr;
	return MNL_CB_OK;
}

static struct attributes
take_nested(const struct nlattr *attr)
{
	struct attributes all = { 0 };

	if (attr)
		mnl_attr_parse_nested(attr, take, &all);
	return all;
}

static struct attributes
take_all(const struct nlmsghdr *message)
{
	struct attributes all = { 0 };

	mnl_attr_parse(message, sizeof(struct nfgenmsg), take, &all);
	return all;
}

static uint32_t
u32_of(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U32) == 0 ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static const char *
text_of(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(attr) : "";
}

/* The first of a list of type, length, value; "" when that is no comment. */
static const char *
comment_of(const struct nlattr *attr)
{
	const unsigned char *data = attr ? mnl_attr_get_payload(attr) : NULL;
	size_t length = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (length < 3 || data[0] != 0 || data[1] == 0 || data[1] > length - 2 ||
	    data[1 + data[1]] != '\0')
		return "";
	return (const char *)data + 2;
}

static int
family_of(const struct nlmsghdr *message)
{
	const struct nfgenmsg *extra = mnl_nlmsg_get_payload(message);

	return message->nlmsg_len < NLMSG_LENGTH(sizeof(*extra)) ? NFPROTO_UNSPEC : extra->nfgen_family;
}

/* Whoever asked, and for what kind of thing. */
struct visit {
	void (*table)(int family, const char *table, void *data);
	void (*chain)(const struct nft_chain *chain, void *data);
	void (*rule)(const struct nft_rule *rule, void *data);
	void (*element)(const void *key, size_t length, const char *comment, void *data);
	void *data;
};

static struct nlmsghdr *
question(void *buffer, int type, int family, int flags)
{
	struct nfgenmsg *extra;
	struct nlmsghdr *request =
		netlink_request(buffer, NFNL_SUBSYS_NFTABLES << 8 | type, flags, sizeof(*extra), &extra);

	extra->nfgen_family = (uint8_t)family;
	return request;
}

static int
ask(struct nlmsghdr *request, mnl_cb_t callback, void *data)
{
	request->nlmsg_flags |= NLM_F_ACK;
	return netlink_exchange(FD_NETFILTER, request, request->nlmsg_len, callback, data);
}

static int
take_generation(const struct nlmsghdr *message, void *data)
{
	struct attributes all = take_all(message);

	*(uint32_t *)data = u32_of(all.nr[NFTA_GEN_ID]);
	return MNL_CB_OK;
}

int
nft_generation(uint32_t *generation)
{
	char buffer[NETLINK_BYTES];
	int rc;

	*generation = 0;
	rc = ask(question(buffer, NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0), take_generation, generation);
	/* 0 would stand for any. */
	return rc == 0 && *generation == 0 ? -EBADMSG : rc;
}

static int
visit_chain(const struct nlmsghdr *message, void *data)
{
	const struct visit *visit = data;
	struct attributes all = take_all(message);
	struct attributes hook = take_nested(all.nr[NFTA_CHAIN_HOOK]);
	struct nft_chain chain = {
		.family = family_of(message),
		.table = text_of(all.nr[NFTA_CHAIN_TABLE]),
		.name = text_of(all.nr[NFTA_CHAIN_NAME]),
		.comment = comment_of(all.nr[NFTA_CHAIN_USERDATA]),
		.is_base = all.nr[NFTA_CHAIN_HOOK],
		.hook = u32_of(hook.nr[NFTA_HOOK_HOOKNUM]),
		.policy = u32_of(all.nr[NFTA_CHAIN_POLICY]),
		.use = u32_of(all.nr[NFTA_CHAIN_USE]),
	};

	visit->chain(&chain, visit->data);
	return MNL_CB_OK;
}

int
nft_each_chain(void (*each)(const struct nft_chain *chain, void *data), void *data)
{
	char buffer[NETLINK_BYTES];
	struct visit visit = { .chain = each, .data = data };

	return ask(question(buffer, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, NLM_F_DUMP), visit_chain, &visit);
}

static int
visit_table(const struct nlmsghdr *message, void *data)
{
	const struct visit *visit = data;
	struct attributes all = take_all(message);

	if (u32_of(all.nr[NFTA_TABLE_FLAGS]) & NFT_TABLE_F_OWNER)
		visit->table(family_of(message), text_of(all.nr[NFTA_TABLE_NAME]), visit->data);
	return MNL_CB_OK;
}

int
nft_each_owned_table(void (*each)(int family, const char *table, void *data), void *data)
{
	char buffer[NETLINK_BYTES];
	struct visit visit = { .table = each, .data = data };

	return ask(question(buffer, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, NLM_F_DUMP), visit_table, &visit);
}

struct anatomy {
	bool has_condition;
	enum nft_word word;
	const char *to, *comment;
};

static void
look_at_verdict(const struct nlattr *immediate, struct anatomy *rule)
{
	static const struct { int code; enum nft_word word; } words[] = {
		{ NF_ACCEPT, NFT_ACCEPTS }, { NF_DROP, NFT_REFUSES }, { NFT_RETURN, NFT_RETURNS },
		{ NFT_JUMP, NFT_JUMPS }, { NFT_GOTO, NFT_GOES_TO },
	};
	struct attributes value = take_nested(immediate);
	struct attributes verdict = take_nested(value.nr[NFTA_DATA_VERDICT]);

	if (!verdict.nr[NFTA_VERDICT_CODE])
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].code == (int)u32_of(verdict.nr[NFTA_VERDICT_CODE]))
			rule->word = words[i].word;
	rule->to = text_of(verdict.nr[NFTA_VERDICT_CHAIN]);
}

/* Of what iptables calls a target, LOG and others that go on have no last word. */
static void
look_at_target(const char *name, struct anatomy *rule)
{
	if (strcmp(name, "REJECT") == 0)
		rule->word = NFT_REFUSES;
}

static int
look_at_expression(const struct nlattr *attr, void *data)
{
	struct attributes expression = take_nested(attr);
	struct attributes details = take_nested(expression.nr[NFTA_EXPR_DATA]);
	const char *name = text_of(expression.nr[NFTA_EXPR_NAME]);
	struct anatomy *rule = data;

	if (strcmp(name, "immediate") == 0)
		look_at_verdict(details.nr[NFTA_IMMEDIATE_DATA], rule);
	else if (strcmp(name, "target") == 0)
		look_at_target(text_of(details.nr[NFTA_TARGET_NAME]), rule);
	else if (strcmp(name, "reject") == 0)
		rule->word = NFT_REFUSES;
	else if (strcmp(name, "match") == 0 &&
		 strcmp(text_of(details.nr[NFTA_MATCH_NAME]), "comment") == 0)
		rule->comment = text_of(details.nr[NFTA_MATCH_INFO]);
	else if (strcmp(name, "counter") != 0 && strcmp(name, "log") != 0)
		rule->has_condition = true;
	return MNL_CB_OK;
}

static int
visit_rule(const struct nlmsghdr *message, void *data)
{
	const struct visit *visit = data;
	struct attributes all = take_all(message);
	const struct nlattr *handle = all.nr[NFTA_RULE_HANDLE];
	struct anatomy anatomy = { .to = "" };
	struct nft_rule rule = {
		.family = family_of(message),
		.table = text_of(all.nr[NFTA_RULE_TABLE]),
		.chain = text_of(all.nr[NFTA_RULE_CHAIN]),
		.comment = comment_of(all.nr[NFTA_RULE_USERDATA]),
	};

	if (!handle || mnl_attr_validate(handle, MNL_TYPE_U64) < 0)
		return MNL_CB_OK;
	memcpy(&rule.handle, mnl_attr_get_payload(handle), sizeof(rule.handle));
	rule.handle = be64toh(rule.handle);
	if (all.nr[NFTA_RULE_EXPRESSIONS])
		mnl_attr_parse_nested(all.nr[NFTA_RULE_EXPRESSIONS], look_at_expression, &anatomy);
	/* What iptables-restore makes of a comment. */
	if (anatomy.comment)
		rule.comment = anatomy.comment;
	rule.word = anatomy.has_condition ? NFT_SAYS_NOTHING : anatomy.word;
	rule.to = anatomy.to;
	visit->rule(&rule, visit->data);
	return MNL_CB_OK;
}

int
nft_each_rule(int family, const char *table, const char *chain,
	      void (*each)(const struct nft_rule *rule, void *data), void *data)
{
	char buffer[NETLINK_BYTES];
	struct nlmsghdr *request = question(buffer, NFT_MSG_GETRULE, family, NLM_F_DUMP);
	struct visit visit = { .rule = each, .data = data };

	if (table)
		mnl_attr_put_strz(request, NFTA_RULE_TABLE, table);
	if (chain)
		mnl_attr_put_strz(request, NFTA_RULE_CHAIN, chain);
	return ask(request, visit_rule, &visit);
}

static int
visit_element(const struct nlattr *attr, void *data)
{
	const struct visit *visit = data;
	struct attributes all = take_nested(attr);
	struct attributes key = take_nested(all.nr[NFTA_SET_ELEM_KEY]);
	const struct nlattr *value = key.nr[NFTA_DATA_VALUE];

	if (value)
		visit->element(mnl_attr_get_payload(value), mnl_attr_get_payload_len(value),
			       comment_of(all.nr[NFTA_SET_ELEM_USERDATA]), visit->data);
	return MNL_CB_OK;
}

static int
visit_elements(const struct nlmsghdr *message, void *data)
{
	struct attributes all = take_all(message);
	const struct nlattr *list = all.nr[NFTA_SET_ELEM_LIST_ELEMENTS];

	return list ? mnl_attr_parse_nested(list, visit_element, data) : MNL_CB_OK;
}

int
nft_each_element(int family, const char *table, const char *set, const void *key, size_t key_length,
		 void (*each)(const void *key, size_t length, const char *comment, void *data), void *data)
{
	char buffer[NETLINK_BYTES];
	struct nlmsghdr *request = question(buffer, NFT_MSG_GETSETELEM, family, key ? 0 : NLM_F_DUMP);
	struct visit visit = { .element = each, .data = data };

	if (!nft_put_element(request, table, set, key, key_length, NULL))
		return -ENOMEM;
	return ask(request, visit_elements, &visit);
}
