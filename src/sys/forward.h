/*
 * forward.h: other people's forward chains.
 *
 * An accept in a chain of ours lets no packet past another chain that drops it: where one does so by
 * policy (Docker's, ufw's), one rule of ours has to go there.  It beats the policy and nothing else
 * that stands in that chain.
 */
#pragma once

#include "gate/settings.h"
#include "sys/nft.h"

#include <linux/netfilter/nf_tables.h>

enum { FORWARD_CHAINS_MAX = 8 };

struct forward_chain {
	int family;
	char table[NFT_NAME_MAXLEN];
	char name[NFT_NAME_MAXLEN];
	bool is_dockers;                /* Docker asks that such rules go into its DOCKER-USER */
};

struct forward {
	struct forward_chain each[FORWARD_CHAINS_MAX];
	unsigned count;
	bool has_docker_user, too_many;
};

/* For each chain of the host: takes note of it when it is a forward chain that drops by policy. */
void forward_note(struct forward *forward, const struct nft_chain *chain);

/* Adds to the batch what it takes for each noted chain to have its one rule.  0 or -errno. */
int forward_hook(const struct forward *forward, const struct settings *settings,
		 struct nft_batch *batch);

/* Adds to the batch that no chain of any table has one any more. */
int forward_unhook(struct nft_batch *batch);
