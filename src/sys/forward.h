/*
 * forward.h: other people's forward chains.
 *
 * An accept in a chain of ours lets no packet past another chain that drops it: where one does so by
 * policy (Docker's, ufw's) or by a last rule that refuses whatever comes to it (Red Hat's iptables; firewalld's,
 * in a chain that every packet is sent to), one rule of ours has to go there.  It beats the policy or the
 * last rule, and nothing else that stands on the way there; and it accepts what is forwarded alone, since
 * others may send packets to that chain, too.  Where a condition sends guests elsewhere, by the bridge's
 * name perhaps, an administrator has decided about them, and no rule of ours follows them there.
 */
#pragma once

#include "gate/settings.h"
#include "sys/nft.h"

#include <linux/netfilter/nf_tables.h>

enum { FORWARD_CHAINS_MAX = 16 };

struct forward_chain {
	int family;
	char table[NFT_NAME_MAXLEN];
	char name[NFT_NAME_MAXLEN];
	char last[NFT_NAME_MAXLEN];     /* the one that has the last word, for it: our rule's place */
	bool is_dockers;                /* Docker asks that such rules go into its DOCKER-USER */
	bool by_policy;                 /* else by a last rule */
	bool is_owned;                  /* its table is a process's that lets nobody change it */
};

struct forward {
	struct forward_chain each[FORWARD_CHAINS_MAX];
	unsigned count;
	bool has_docker_user, too_many;
};

/* For each chain of the host: takes note of it when it is a forward chain that may drop. */
void forward_note(struct forward *forward, const struct nft_chain *chain);

/* Afterwards: keeps those that do, and finds out where, and whose they are; too_many says that there are more, or
 * that they jump too often.  0 or -errno. */
int forward_look(struct forward *forward);

/* The first in which there can be no rule of ours, since hook is false or since nobody may change it;
 * or NULL.  A daemon that keeps its table to itself and refuses by a last rule may have been told to
 * accept guests before that, so it is none. */
const struct forward_chain *forward_obstacle(const struct forward *forward, bool hook);

/* Adds to the batch what it takes for each noted chain to have its one rule.  0 or -errno. */
int forward_hook(const struct forward *forward, const struct settings *settings,
		 struct nft_batch *batch);

/* Adds to the batch that no chain of any table has one any more. */
int forward_unhook(struct nft_batch *batch);
