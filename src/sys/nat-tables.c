/*
 * nat-tables.c: the rules, and the chains and sets that they need.
 */
#include "sys/nat-tables.h"

#include "sys/rule.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <string.h>

/* To be raised when the rules below change: what an older version made is made anew. */
#define LAYOUT "2"

const struct nat_set nat_sets[NAT_SETS] = {
	[PAIRS] = { NFPROTO_BRIDGE, "guests", NFT_TYPE_NAME_AND_ADDRESS, 0 },
	[ADDRESSES] = { NFPROTO_BRIDGE, "addresses", NFT_TYPE_ADDRESS, offsetof(struct nat_key, address) },
	[GUESTS] = { NFPROTO_IPV4, "guests", NFT_TYPE_ADDRESS, offsetof(struct nat_key, address) },
};

void
nat_change_element(struct nft_batch *batch, int type, const struct nat_set *set,
		   const struct nat_key *key, const char *comment)
{
	nft_element(batch, type, set->family, NAT_TABLE, set->name, (const char *)key + set->offset,
		    sizeof(*key) - set->offset, comment);
}

struct chain {
	const char *name;
	void (*write)(struct nft_batch *batch, const struct settings *settings,
		      const struct chain *chain);
	struct nft_hook hook;
	int family;
	uint32_t rules;
};

static void
begin(struct nft_batch *batch, const struct chain *chain)
{
	rule_begin(batch, chain->family, NAT_TABLE, chain->name, 0, NULL);
}

/* Of what comes in by a tap of ours: IPv4 and ARP, with the sender's own address; a guest that has no
 * place here may have any address of the network that nobody holds.  All else goes: above all frames
 * with two VLAN tags of number 0, which the host's stack would unpack after this chain has looked. */
static void
write_guard(struct nft_batch *batch, const struct settings *settings, const struct chain *chain)
{
	const struct network *network = &settings->bridge_address;
	const struct in_addr link_local = { htonl(0xa9fe0000) };        /* RFC 3927, and metadata services */

	begin(batch, chain);
	rule_elsewhere(batch, NFT_META_IIFNAME, settings->tap_prefix.text);
	rule_verdict(batch, NF_ACCEPT);
	begin(batch, chain);
	rule_protocol(batch, ETH_P_IP);
	rule_address_within(batch, IP_DESTINATION, link_local, 16);
	rule_verdict(batch, NF_DROP);
	begin(batch, chain);
	rule_protocol(batch, ETH_P_IP);
	rule_link_and_address_in(batch, NFT_META_IIFNAME, IP_SOURCE, nat_sets[PAIRS].name);
	rule_verdict(batch, NF_ACCEPT);
	begin(batch, chain);
	rule_protocol(batch, ETH_P_IP);
	rule_address_in(batch, IP_SOURCE, nat_sets[ADDRESSES].name);
	rule_verdict(batch, NF_DROP);
	begin(batch, chain);
	rule_protocol(batch, ETH_P_IP);
	rule_address_within(batch, IP_SOURCE, network->address, network->prefix);
	rule_verdict(batch, NF_ACCEPT);
	begin(batch, chain);
	rule_protocol(batch, ETH_P_ARP);
	rule_link_and_address_in(batch, NFT_META_IIFNAME, ARP_SENDER, nat_sets[PAIRS].name);
	rule_verdict(batch, NF_ACCEPT);
	begin(batch, chain);
	rule_protocol(batch, ETH_P_ARP);
	rule_address_in(batch, ARP_SENDER, nat_sets[ADDRESSES].name);
	rule_verdict(batch, NF_DROP);
	begin(batch, chain);
	rule_protocol(batch, ETH_P_ARP);
	rule_verdict(batch, NF_ACCEPT);
	begin(batch, chain);
	rule_verdict(batch, NF_DROP);
}

/* The bridge sends a frame where it last heard the target's MAC address, which any guest can claim: what is
 * for a guest's IPv4 address leaves by that guest's tap and by no other. */
static void
write_deliver(struct nft_batch *batch, const struct settings *settings, const struct chain *chain)
{
	begin(batch, chain);
	rule_elsewhere(batch, NFT_META_OIFNAME, settings->tap_prefix.text);
	rule_verdict(batch, NF_ACCEPT);
	begin(batch, chain);
	rule_protocol(batch, ETH_P_IP);
	rule_link_and_address_in(batch, NFT_META_OIFNAME, IP_DESTINATION, nat_sets[PAIRS].name);
	rule_verdict(batch, NF_ACCEPT);
	begin(batch, chain);
	rule_protocol(batch, ETH_P_IP);
	rule_address_in(batch, IP_DESTINATION, nat_sets[ADDRESSES].name);
	rule_verdict(batch, NF_DROP);
}

static void
write_forward(struct nft_batch *batch, const struct settings *settings, const struct chain *chain)
{
	const struct network *network = &settings->bridge_address;
	const char *bridge = settings->bridge.text;

	/* From guest to guest by way of the host; bridged packets, too, where br_netfilter is on. */
	begin(batch, chain);
	rule_link(batch, NFT_META_IIFNAME, bridge);
	rule_link(batch, NFT_META_OIFNAME, bridge);
	rule_verdict(batch, settings->guest_isolation ? NF_DROP : NF_ACCEPT);
	/* Out. */
	begin(batch, chain);
	rule_link(batch, NFT_META_IIFNAME, bridge);
	if (settings->uplink.text[0])
		rule_link(batch, NFT_META_OIFNAME, settings->uplink.text);
	rule_address_in(batch, IP_SOURCE, nat_sets[GUESTS].name);
	rule_verdict(batch, NF_ACCEPT);
	/* In: answers, and what an administrator's own rule sends to a guest. */
	begin(batch, chain);
	rule_link(batch, NFT_META_OIFNAME, bridge);
	rule_address_in(batch, IP_DESTINATION, nat_sets[GUESTS].name);
	rule_tracked(batch, NFT_CT_STATE,
		     NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED));
	rule_verdict(batch, NF_ACCEPT);
	begin(batch, chain);
	rule_link(batch, NFT_META_OIFNAME, bridge);
	rule_address_in(batch, IP_DESTINATION, nat_sets[GUESTS].name);
	rule_tracked(batch, NFT_CT_STATUS, IPS_DST_NAT);
	rule_verdict(batch, NF_ACCEPT);
	/* All else from guests, to guests, or in their name: forward_hook's rule goes by the network. */
	begin(batch, chain);
	rule_link(batch, NFT_META_IIFNAME, bridge);
	rule_verdict(batch, NF_DROP);
	begin(batch, chain);
	rule_link(batch, NFT_META_OIFNAME, bridge);
	rule_verdict(batch, NF_DROP);
	begin(batch, chain);
	rule_address_within(batch, IP_SOURCE, network->address, network->prefix);
	rule_verdict(batch, NF_DROP);
}

static void
write_postrouting(struct nft_batch *batch, const struct settings *settings, const struct chain *chain)
{
	begin(batch, chain);
	if (settings->uplink.text[0])
		rule_link(batch, NFT_META_OIFNAME, settings->uplink.text);
	else
		rule_link_not(batch, NFT_META_OIFNAME, settings->bridge.text);
	rule_address_in(batch, IP_SOURCE, nat_sets[GUESTS].name);
	rule_masquerade(batch);
}

static const struct chain chains[] = {
	{ "guard", write_guard, { "filter", NF_BR_PRE_ROUTING, NF_BR_PRI_FILTER_BRIDGED }, NFPROTO_BRIDGE, 9 },
	{ "deliver", write_deliver, { "filter", NF_BR_POST_ROUTING, NF_BR_PRI_FILTER_BRIDGED }, NFPROTO_BRIDGE, 3 },
	{ "forward", write_forward, { "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER }, NFPROTO_IPV4, 7 },
	{ "postrouting", write_postrouting, { "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC }, NFPROTO_IPV4, 1 },
};

enum { CHAINS = sizeof(chains) / sizeof(chains[0]), DESCRIPTION_BYTES = 128 };

static const int families[] = { NFPROTO_BRIDGE, NFPROTO_IPV4 };

/* Each chain's comment says what its rules were written for. */
static void
describe(const struct settings *settings, char *out, size_t size)
{
	snprintf(out, size, "layout " LAYOUT " %s %s %s* uplink %s%s", settings->bridge.text,
		 settings->bridge_address.text, settings->tap_prefix.text,
		 settings->uplink.text[0] ? settings->uplink.text : "any",
		 settings->guest_isolation ? " isolated" : "");
}

void
nat_wipe(struct nft_batch *batch)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		/* Made first, since what is not there cannot be deleted. */
		nft_table(batch, NFT_MSG_NEWTABLE, families[i], NAT_TABLE);
		nft_table(batch, NFT_MSG_DELTABLE, families[i], NAT_TABLE);
	}
}

void
nat_rebuild(struct nft_batch *batch, const struct nat *nat, const struct settings *settings)
{
	char description[DESCRIPTION_BYTES];

	describe(settings, description, sizeof(description));
	if (!nat->is_there)
		nat_wipe(batch);
	for (size_t i = 0; i < CHAINS && nat->is_there; i++)
		nft_delete_chain(batch, chains[i].family, NAT_TABLE, chains[i].name);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		nft_table(batch, NFT_MSG_NEWTABLE, families[i], NAT_TABLE);
	for (const struct nat_set *set = nat_sets; set < nat_sets + NAT_SETS; set++)
		nft_set(batch, set->family, NAT_TABLE, set->name, set->type,
			(uint32_t)(sizeof(struct nat_key) - set->offset));
	for (const struct chain *chain = chains; chain < chains + CHAINS; chain++) {
		nft_chain(batch, chain->family, NAT_TABLE, chain->name, &chain->hook, description);
		chain->write(batch, settings, chain);
	}
}

struct looking {
	struct nat *nat;
	char description[DESCRIPTION_BYTES];
	unsigned seen, whole;
};

static void
look_at(const struct nft_chain *chain, void *data)
{
	struct looking *looking = data;

	if (strcmp(chain->table, NAT_TABLE) != 0) {
		forward_note(&looking->nat->forward, chain);
		return;
	}
	looking->nat->leftovers = true;
	for (size_t i = 0; i < CHAINS; i++) {
		if (chain->family != chains[i].family || strcmp(chain->name, chains[i].name) != 0)
			continue;
		looking->seen++;
		looking->whole += chain->is_base && chain->hook == chains[i].hook.number &&
				  chain->policy == NF_ACCEPT && chain->use == chains[i].rules &&
				  strcmp(chain->comment, looking->description) == 0;
	}
}

int
nat_look(const struct settings *settings, struct nat *nat)
{
	struct looking looking = { .nat = nat };
	int rc;

	*nat = (struct nat){ 0 };
	describe(settings, looking.description, sizeof(looking.description));
	rc = nft_generation(&nat->generation);
	if (rc == 0)
		rc = nft_each_chain(look_at, &looking);
	nat->is_there = looking.seen == CHAINS;
	nat->is_whole = looking.whole == CHAINS;
	return rc < 0 ? rc : forward_look(&nat->forward);
}
