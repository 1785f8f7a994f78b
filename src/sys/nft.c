/*
 * nft.c: the batch, and what all of its messages have in common.
 */
#include "sys/nft.h"

#include "keep.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Longer than any message that is written here. */
enum { MESSAGE_MAX = 2048 };

/* The first kind of user data of chains, rules and elements alike (libnftnl/udata.h). */
enum { UDATA_COMMENT = 0 };

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

static void
end_message(struct nft_batch *batch)
{
	if (batch->list)
		mnl.attr_nest_end(batch->message, batch->list);
	if (batch->message)
		batch->used += NLMSG_ALIGN(batch->message->nlmsg_len);
	batch->message = NULL;
	batch->list = NULL;
}

void
nft_begin(struct nft_batch *batch)
{
	*batch = (struct nft_batch){ 0 };
	batch->used = put_header(batch->bytes, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, 0,
				 NFNL_SUBSYS_NFTABLES)->nlmsg_len;
}

struct nlmsghdr *
nft_message(struct nft_batch *batch, int type, int family, int flags)
{
	end_message(batch);
	if (batch->used + 2UL * MESSAGE_MAX > sizeof(batch->bytes)) {
		/* Goes on over the last message; nft_commit will not send it. */
		batch->overflowed = true;
		batch->used = 0;
	}
	batch->message = put_header(batch->bytes + batch->used, NFNL_SUBSYS_NFTABLES << 8 | type, family,
				    flags, 0);
	return batch->message;
}

void
nft_put_u32(struct nlmsghdr *message, int type, uint32_t value)
{
	mnl.attr_put_u32(message, (uint16_t)type, htonl(value));
}

void
nft_put_comment(struct nlmsghdr *message, int type, const char *comment)
{
	unsigned char data[2 + 255] = { UDATA_COMMENT };
	size_t length = strnlen(comment, 254);

	data[1] = (unsigned char)(length + 1);
	memcpy(data + 2, comment, length);
	mnl.attr_put(message, (uint16_t)type, length + 3, data);
}

void
nft_table(struct nft_batch *batch, int type, int family, const char *table)
{
	struct nlmsghdr *message =
		nft_message(batch, type, family, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);

	mnl.attr_put_strz(message, NFTA_TABLE_NAME, table);
}

void
nft_set(struct nft_batch *batch, int family, const char *table, const char *set, uint32_t key_type,
	uint32_t key_length)
{
	struct nlmsghdr *message = nft_message(batch, NFT_MSG_NEWSET, family, NLM_F_CREATE);

	mnl.attr_put_strz(message, NFTA_SET_TABLE, table);
	mnl.attr_put_strz(message, NFTA_SET_NAME, set);
	nft_put_u32(message, NFTA_SET_KEY_TYPE, key_type);
	nft_put_u32(message, NFTA_SET_KEY_LEN, key_length);
	/* Names it within the batch; the kernel wants one, and we go by name. */
	nft_put_u32(message, NFTA_SET_ID, 1);
}

static void
put_key(struct nlmsghdr *message, const void *key, size_t length)
{
	struct nlattr *nest = mnl.attr_nest_start(message, NFTA_SET_ELEM_KEY);

	mnl.attr_put(message, NFTA_DATA_VALUE, length, key);
	mnl.attr_nest_end(message, nest);
}

void
nft_put_element(struct nlmsghdr *message, const char *table, const char *set, const void *key,
		size_t length, const char *comment)
{
	struct nlattr *list, *element;

	mnl.attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl.attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	if (!key)
		return;
	list = mnl.attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl.attr_nest_start(message, NFTA_LIST_ELEM);
	put_key(message, key, length);
	if (comment)
		nft_put_comment(message, NFTA_SET_ELEM_USERDATA, comment);
	mnl.attr_nest_end(message, element);
	mnl.attr_nest_end(message, list);
}

void
nft_element(struct nft_batch *batch, int type, int family, const char *table, const char *set,
	    const void *key, size_t key_length, const char *comment)
{
	int flags = type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0;

	nft_put_element(nft_message(batch, type, family, flags), table, set, key, key_length, comment);
}

int
nft_commit(struct nft_batch *batch)
{
	struct nlmsghdr *last = batch->message, *end;

	end_message(batch);
	if (batch->overflowed)
		return -EMSGSIZE;
	if (!last)
		return 0;
	/* Errors come whatever the flags; one acknowledgement says that there were none. */
	last->nlmsg_flags |= NLM_F_ACK;
	end = put_header(batch->bytes + batch->used, NFNL_MSG_BATCH_END, AF_UNSPEC, 0,
			 NFNL_SUBSYS_NFTABLES);
	batch->used += end->nlmsg_len;
	return netlink_exchange(FD_NETFILTER, batch->bytes, batch->used, NULL, NULL);
}
