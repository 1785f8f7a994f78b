/*
 * nft.h: nf_tables over netlink: questions, and changes that hold all together or not at all.
 *
 * libnftnl writes the changes.  Answers are read with libmnl alone: to libnftnl 1.2.4 a rule with one
 * expression that it does not know is none, what a message lacks it takes to be there, and where
 * something is of another size than it expects it ends the process with 1.  libnftables would be a
 * parser, and a copy of all the host's rules, in a root process.  Source of what is what:
 * linux/netfilter/nf_tables.h, net/netfilter/nf_tables_api.c.
 */
#pragma once

#include "sys/netlink.h"

#include <stdbool.h>
#include <stdint.h>

struct nftnl_rule;

/* FD_NETFILTER; after netlink_open.  0 or -errno. */
int nft_open(void);

/* ---- changes ---- */

enum { NFT_BATCH_BYTES = 24 * 1024 };

/* Messages, one after another, until nft_commit sends them as one transaction. */
struct nft_batch {
	_Alignas(struct nlmsghdr) char bytes[NFT_BATCH_BYTES];
	size_t used;
	struct nlmsghdr *last;          /* the message written last, or NULL */
	struct nftnl_rule *rule;        /* the one being written, for rule.c, or NULL */
	int rc;                         /* what went wrong in writing it: it will not be sent */
};

/* What follows is meant for rules of that generation, and for no others: a table that is made anew has the same
 * numbers for other rules. */
void nft_begin(struct nft_batch *batch, uint32_t generation);

/* type is NFT_MSG_NEWTABLE or NFT_MSG_DELTABLE. */
void nft_table(struct nft_batch *batch, int type, int family, const char *table);

/* Where a base chain is hooked in, and as what.  All of ours accept by policy. */
struct nft_hook { const char *type; uint32_t number; int priority; };

void nft_chain(struct nft_batch *batch, int family, const char *table, const char *chain,
	       const struct nft_hook *hook, const char *comment);
void nft_delete_chain(struct nft_batch *batch, int family, const char *table, const char *chain);

/* Datatypes by the numbers of nft(8), so that it can list them. */
enum { NFT_TYPE_ADDRESS = 7, NFT_TYPE_NAME_AND_ADDRESS = 41 << 6 | 7 };

void nft_set(struct nft_batch *batch, int family, const char *table, const char *set, uint32_t key_type,
	     uint32_t key_length);

/* Which set, and which element of it; NULL is every one.  comment may be NULL. */
bool nft_put_element(struct nlmsghdr *message, const char *table, const char *set, const void *key,
		     size_t length, const char *comment);

/* type is NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM. */
void nft_element(struct nft_batch *batch, int type, int family, const char *table, const char *set,
		 const void *key, size_t key_length, const char *comment);

bool nft_is_empty(const struct nft_batch *batch);

/* 0, or the first error: the kernel's, and nothing has changed; or that of receiving its answer.  -EBUSY when somebody
 * has changed the rules since that generation, and we nothing.  An empty batch is 0. */
int nft_commit(struct nft_batch *batch);

/* ---- questions ---- */

/* The number of the rules as they are: every change of anybody's gives them another one. */
int nft_generation(uint32_t *generation);

/* What the kernel says of a chain.  The texts last as long as the callback. */
struct nft_chain {
	int family;
	const char *table, *name, *comment;
	bool is_base;
	uint32_t hook, policy;          /* of a base chain */
	uint32_t use;                   /* rules in it, and jumps to it */
};

int nft_each_chain(void (*each)(const struct nft_chain *chain, void *data), void *data);

/* Tables that a process keeps to itself (NFT_TABLE_F_OWNER, Linux 5.12), as firewalld does. */
int nft_each_owned_table(void (*each)(int family, const char *table, void *data), void *data);

/* What a rule says to every packet that comes to it; one with a condition says nothing. */
enum nft_word { NFT_SAYS_NOTHING, NFT_ACCEPTS, NFT_REFUSES, NFT_RETURNS, NFT_JUMPS, NFT_GOES_TO };

struct nft_rule {
	int family;
	const char *table, *chain, *comment;
	uint64_t handle;
	enum nft_word word;
	const char *to;                 /* where it jumps or goes to */
};

void nft_delete_rule(struct nft_batch *batch, const struct nft_rule *rule);

/* The rules of a chain; of a whole family where table and chain are NULL. */
int nft_each_rule(int family, const char *table, const char *chain,
		  void (*each)(const struct nft_rule *rule, void *data), void *data);

/* Elements of a set, key and comment.  With a key only that one: -ENOENT when it, the set or the table
 * is not there. */
int nft_each_element(int family, const char *table, const char *set, const void *key, size_t key_length,
		     void (*each)(const void *key, size_t length, const char *comment, void *data),
		     void *data);
