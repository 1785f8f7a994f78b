/*
 * nft.c: the batch, and the changes in it.
 */
#include "sys/nft-write.h"

#include "keep.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Longer than any message that is written here. */
enum { MESSAGE_MAX = 2048 };

int
nft_open(void)
{
	return netlink_open_socket(NETLINK_NETFILTER, FD_NETFILTER);
}

static struct nlmsghdr *
put_header(void *at, int type, int family, int flags, uint16_t resource)
{
	struct nfgenmsg *extra;
	struct nlmsghdr *header = netlink_request(at, type, flags, sizeof(*extra), &extra);

	extra->nfgen_family = (uint8_t)family;
	extra->version = NFNETLINK_V0;
	extra->res_id = htons(resource);
	return header;
}

void
nft_begin(struct nft_batch *batch, uint32_t generation)
{
	struct nlmsghdr *begin;

	*batch = (struct nft_batch){ 0 };
	begin = put_header(batch->bytes, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);
	mnl_attr_put_u32(begin, NFNL_BATCH_GENID, htonl(generation));
	batch->used = begin->nlmsg_len;
}

bool
nft_check(struct nft_batch *batch, bool written)
{
	if (!written && batch->rc == 0)
		batch->rc = -ENOMEM;
	return written;
}

void *
nft_copy(const void *bytes, size_t length)
{
	void *copy = malloc(length);

	return copy ? memcpy(copy, bytes, length) : NULL;
}

struct nlmsghdr *
nft_message(struct nft_batch *batch, int type, int family, int flags)
{
	if (batch->used + 2UL * MESSAGE_MAX > sizeof(batch->bytes)) {
		/* Goes on over the first one; nft_commit will not send it. */
		batch->rc = -EMSGSIZE;
		batch->used = 0;
	}
	batch->last = put_header(batch->bytes + batch->used, NFNL_SUBSYS_NFTABLES << 8 | type, family,
				 flags, 0);
	return batch->last;
}

void
nft_message_end(struct nft_batch *batch)
{
	batch->used += NLMSG_ALIGN(batch->last->nlmsg_len);
}

struct nft_comment
nft_comment_of(const char *text)
{
	struct nft_comment comment = { { NFTNL_UDATA_RULE_COMMENT } };
	size_t length = text ? strnlen(text, sizeof(comment.bytes) - 3) : 0;

	if (!text)
		return comment;
	comment.bytes[1] = (unsigned char)(length + 1);
	memcpy(comment.bytes + 2, text, length);
	comment.length = (uint32_t)length + 3;
	return comment;
}

/* One of libnftnl's objects, with these attributes, as the next message. */
#define PUT(batch, kind, type, family, flags, ...) do { \
	struct nftnl_##kind *object = nftnl_##kind##_alloc(); \
	bool written = object; \
	SET_FIELDS(nftnl_##kind##_set_data, object, FIELDS(__VA_ARGS__), written); \
	if (nft_check(batch, written)) { \
		nftnl_##kind##_nlmsg_build_payload(nft_message(batch, type, family, flags), object); \
		nft_message_end(batch); \
	} \
	if (object) \
		nftnl_##kind##_free(object); \
} while (0)

void
nft_table(struct nft_batch *batch, int type, int family, const char *table)
{
	PUT(batch, table, type, family, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0, TEXT(NFTNL_TABLE_NAME, table));
}

void
nft_chain(struct nft_batch *batch, int family, const char *table, const char *chain,
	  const struct nft_hook *hook, const char *text)
{
	struct nft_comment comment = nft_comment_of(text);

	PUT(batch, chain, NFT_MSG_NEWCHAIN, family, NLM_F_CREATE, TEXT(NFTNL_CHAIN_TABLE, table),
	    TEXT(NFTNL_CHAIN_NAME, chain), TEXT(NFTNL_CHAIN_TYPE, hook->type),
	    NUMBER(NFTNL_CHAIN_HOOKNUM, hook->number), NUMBER(NFTNL_CHAIN_PRIO, hook->priority),
	    NUMBER(NFTNL_CHAIN_POLICY, NF_ACCEPT), COMMENT(NFTNL_CHAIN_USERDATA, comment));
}

void
nft_delete_chain(struct nft_batch *batch, int family, const char *table, const char *chain)
{
	PUT(batch, chain, NFT_MSG_DELCHAIN, family, 0, TEXT(NFTNL_CHAIN_TABLE, table), TEXT(NFTNL_CHAIN_NAME, chain));
}

void
nft_delete_rule(struct nft_batch *batch, const struct nft_rule *rule)
{
	PUT(batch, rule, NFT_MSG_DELRULE, rule->family, 0, TEXT(NFTNL_RULE_TABLE, rule->table),
	    TEXT(NFTNL_RULE_CHAIN, rule->chain), BYTES(NFTNL_RULE_HANDLE, &rule->handle, sizeof(rule->handle)));
}

void
nft_set(struct nft_batch *batch, int family, const char *table, const char *set, uint32_t key_type,
	uint32_t key_length)
{
	/* The number names it within the batch; the kernel wants one, and we go by name. */
	PUT(batch, set, NFT_MSG_NEWSET, family, NLM_F_CREATE, TEXT(NFTNL_SET_TABLE, table), TEXT(NFTNL_SET_NAME, set),
	    NUMBER(NFTNL_SET_KEY_TYPE, key_type), NUMBER(NFTNL_SET_KEY_LEN, key_length), NUMBER(NFTNL_SET_ID, 1));
}

bool
nft_put_element(struct nlmsghdr *message, const char *table, const char *name, const void *key,
		size_t length, const char *text)
{
	struct nft_comment comment = nft_comment_of(text);
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elem *element = key ? nftnl_set_elem_alloc() : NULL;
	bool written = set && (element || !key);

	SET_FIELDS(nftnl_set_set_data, set, FIELDS(TEXT(NFTNL_SET_TABLE, table), TEXT(NFTNL_SET_NAME, name)), written);
	if (set && element) {
		SET_FIELDS(nftnl_set_elem_set, element, FIELDS(BYTES(NFTNL_SET_ELEM_KEY, key, length),
			   COMMENT(NFTNL_SET_ELEM_USERDATA, comment)), written);
		nftnl_set_elem_add(set, element);
	}
	if (written)
		nftnl_set_elems_nlmsg_build_payload(message, set);
	if (set)
		nftnl_set_free(set);
	return written;
}

void
nft_element(struct nft_batch *batch, int type, int family, const char *table, const char *set,
	    const void *key, size_t key_length, const char *comment)
{
	int flags = type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0;

	nft_check(batch, nft_put_element(nft_message(batch, type, family, flags), table, set, key,
					 key_length, comment));
	nft_message_end(batch);
}

bool
nft_is_empty(const struct nft_batch *batch)
{
	return !batch->last && batch->rc == 0;
}

int
nft_commit(struct nft_batch *batch)
{
	struct nlmsghdr *end;
	int rc;

	if (batch->rc < 0 || nft_is_empty(batch))
		return batch->rc;
	/* Errors come whatever the flags; one acknowledgement says that there were none. */
	batch->last->nlmsg_flags |= NLM_F_ACK;
	end = put_header(batch->bytes + batch->used, NFNL_MSG_BATCH_END, AF_UNSPEC, 0,
			 NFNL_SUBSYS_NFTABLES);
	batch->used += end->nlmsg_len;
	rc = netlink_exchange(FD_NETFILTER, batch->bytes, batch->used, NULL, NULL);
	return rc == -ERESTART ? -EBUSY : rc;
}
