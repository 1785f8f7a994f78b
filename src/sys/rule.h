/*
 * rule.h: rules, an expression at a time, in the words of nft(8).
 *
 * rule_begin, then conditions, which must all hold, then one verdict.
 */
#pragma once

#include "sys/nft.h"

#include <netinet/in.h>

/* At the end of the chain; in front of the rule with that handle, unless it is 0. */
void rule_begin(struct nft_batch *batch, int family, const char *table, const char *chain,
		uint64_t before, const char *comment);

/* Where the packet came in or goes out: key is NFT_META_IIFNAME or NFT_META_OIFNAME.  With the whole
 * of a name; rule_elsewhere is for names that do not begin so. */
void rule_link(struct nft_batch *batch, int key, const char *name);
void rule_link_not(struct nft_batch *batch, int key, const char *name);
void rule_elsewhere(struct nft_batch *batch, int key, const char *prefix);

/* ETH_P_*, for the bridge family. */
void rule_protocol(struct nft_batch *batch, uint16_t protocol);

/* Where in a header an address lies. */
enum address_at { IP_SOURCE = 12, IP_DESTINATION = 16, ARP_SENDER = 14 };

void rule_address_in(struct nft_batch *batch, enum address_at at, const char *set);
void rule_link_and_address_in(struct nft_batch *batch, int key, enum address_at at, const char *set);
void rule_address_within(struct nft_batch *batch, enum address_at at, struct in_addr network,
			 unsigned prefix);

/* Any of these bits in what conntrack knows: key is NFT_CT_STATE or NFT_CT_STATUS. */
void rule_tracked(struct nft_batch *batch, int key, uint32_t bits);

/* What is forwarded, both ways, of connections that were begun within the network: others than forward
 * chains may send their packets to the same rule. */
void rule_forwarded_for(struct nft_batch *batch, struct in_addr network, unsigned prefix);

/* The same as iptables-nft writes it: of expressions it reads few, and with one that it cannot read it
 * refuses the whole table. */
void rule_forwarded_for_iptables(struct nft_batch *batch, struct in_addr network, unsigned prefix);

/* NF_ACCEPT or NF_DROP. */
void rule_verdict(struct nft_batch *batch, int verdict);
void rule_masquerade(struct nft_batch *batch);
