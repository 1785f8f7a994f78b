/*
 * nat-tables.h: what the two tables of nat.h are.  For nat.c alone.
 */
#pragma once

#include "sys/nat.h"

#include <stddef.h>

/* The name is the tag: only CAP_NET_ADMIN makes tables. */
#define NAT_TABLE "banger-priv"

/* An element's key, or the end of one. */
struct nat_key {
	char tap[IFNAMSIZ];
	struct in_addr address;
};

/* What each guest has an element of. */
enum {
	PAIRS,          /* tap and address: who may send with what */
	ADDRESSES,      /* what nobody else may send with; the bridge's own is in it */
	GUESTS,         /* who gets out */
	NAT_SETS
};

extern const struct nat_set {
	int family;
	const char *name;
	uint32_t type;
	size_t offset;          /* of what is looked up, in struct nat_key */
} nat_sets[NAT_SETS];

/* type is NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM; comment may be NULL. */
void nat_change_element(struct nft_batch *batch, int type, const struct nat_set *set,
			const struct nat_key *key, const char *comment);

/* Adds to the batch what makes tables, sets, chains and rules whole.  Sets that are there keep their
 * elements. */
void nat_rebuild(struct nft_batch *batch, const struct nat *nat, const struct settings *settings);

/* Adds to the batch that there is neither of the two tables, whatever there was. */
void nat_wipe(struct nft_batch *batch);
