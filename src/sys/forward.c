/*
 * forward.c: finds them, and the place in them.
 */
#include "sys/forward.h"

#include "sys/rule.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#define HOOK_TAG "banger-priv: guests of "

/* Where iptables-nft keeps the chain that Docker sets to DROP. */
static bool
is_of_iptables(int family, const char *table)
{
	return family == NFPROTO_IPV4 && strcmp(table, "filter") == 0;
}

void
forward_note(struct forward *forward, const struct nft_chain *chain)
{
	struct forward_chain *note;

	if (is_of_iptables(chain->family, chain->table) && strcmp(chain->name, "DOCKER-USER") == 0)
		forward->has_docker_user = true;
	if (!chain->is_base || chain->hook != NF_INET_FORWARD ||
	    (chain->policy != NF_DROP && chain->use == 0) ||
	    (chain->family != NFPROTO_IPV4 && chain->family != NFPROTO_INET))
		return;
	if (forward->count == FORWARD_CHAINS_MAX) {
		forward->too_many = true;
		return;
	}
	note = &forward->each[forward->count++];
	note->family = chain->family;
	snprintf(note->table, sizeof(note->table), "%s", chain->table);
	snprintf(note->name, sizeof(note->name), "%s", chain->name);
	note->is_dockers = is_of_iptables(chain->family, chain->table) &&
			   strcmp(chain->name, "FORWARD") == 0;
	note->by_policy = chain->policy == NF_DROP;
}

enum { STEPS_MAX = 256, CHAINS_MAX = 512 };

/* Every packet's way through the chains: what is said to it in those that it is in. */
static struct {
	struct step { enum nft_word word; char to[NFT_NAME_MAXLEN]; } steps[STEPS_MAX];
	unsigned count, chains;
	bool has_ended, is_too_long;
} way;

/* No packet gets past such a rule. */
static bool
is_end(enum nft_word word)
{
	return word != NFT_SAYS_NOTHING && word != NFT_JUMPS;
}

static void
take_step(const struct nft_rule *rule, void *data)
{
	struct step *step = &way.steps[way.count];

	(void)data;
	if (rule->word == NFT_SAYS_NOTHING || way.has_ended)
		return;
	way.is_too_long |= way.count == STEPS_MAX;
	if (way.is_too_long)
		return;
	step->word = rule->word;
	snprintf(step->to, sizeof(step->to), "%s", rule->to);
	way.has_ended = is_end(rule->word);
	way.count++;
}

/* What a chain has to say to a packet that no condition is about: NFT_ACCEPTS, NFT_REFUSES or nothing; or -errno.
 * base->last becomes the chain where that is said, or after whose rules there is nothing more to be said.  The
 * kernel takes no loops, and 16 jumps one in another, but they may change while we look: CHAINS_MAX ends it. */
static int
follow(struct forward_chain *base, const char *chain)
{
	const unsigned first = way.count;
	unsigned end;
	int rc, word;

	way.has_ended = false;
	rc = nft_each_rule(base->family, base->table, chain, take_step, NULL);
	end = way.count;
	if (rc < 0 || way.is_too_long || ++way.chains > CHAINS_MAX)
		return rc < 0 ? rc : -E2BIG;
	for (const struct step *step = way.steps + first; step < way.steps + end; step++) {
		if (step->word != NFT_JUMPS && step->word != NFT_GOES_TO)
			break;
		word = follow(base, step->to);
		way.count = end;
		if (word != NFT_SAYS_NOTHING || step->word == NFT_GOES_TO)
			return word;
	}
	snprintf(base->last, sizeof(base->last), "%s", chain);
	word = end > first ? (int)way.steps[end - 1].word : NFT_SAYS_NOTHING;
	return word == NFT_ACCEPTS || word == NFT_REFUSES ? word : NFT_SAYS_NOTHING;
}

/* 1 when it refuses what no rule has accepted, 0, or -errno. */
static int
drops(struct forward_chain *base, bool has_docker_user)
{
	int word;

	way.count = 0;
	word = follow(base, base->name);
	if (base->is_dockers && has_docker_user)
		snprintf(base->last, sizeof(base->last), "DOCKER-USER");
	return word < 0 ? word : word == NFT_REFUSES || (word == NFT_SAYS_NOTHING && base->by_policy);
}

static void
note_owner(int family, const char *table, void *data)
{
	struct forward *forward = data;

	for (unsigned i = 0; i < forward->count; i++)
		if (forward->each[i].family == family && strcmp(forward->each[i].table, table) == 0)
			forward->each[i].is_owned = true;
}

int
forward_look(struct forward *forward)
{
	unsigned kept = 0;

	way.chains = 0;
	way.is_too_long = false;
	for (unsigned i = 0; i < forward->count; i++) {
		int rc = drops(&forward->each[i], forward->has_docker_user);

		if (rc < 0 && rc != -E2BIG)
			return rc;
		forward->too_many |= rc == -E2BIG;
		if (rc > 0)
			forward->each[kept++] = forward->each[i];
	}
	forward->count = kept;
	return kept > 0 ? nft_each_owned_table(note_owner, forward) : 0;
}

const struct forward_chain *
forward_obstacle(const struct forward *forward, bool hook)
{
	for (unsigned i = 0; i < forward->count; i++)
		if (forward->each[i].is_owned ? forward->each[i].by_policy : !hook)
			return &forward->each[i];
	return NULL;
}

static bool
is_ours(const struct nft_rule *rule)
{
	return strncmp(rule->comment, HOOK_TAG, strlen(HOOK_TAG)) == 0;
}

struct place {
	struct nft_batch *batch;
	const char *comment;
	uint64_t before;                /* the first rule that ends the chain for every packet */
	bool is_there;
};

static void
look_at(const struct nft_rule *rule, void *data)
{
	struct place *place = data;

	if (place->before == 0 && strcmp(rule->comment, place->comment) == 0)
		place->is_there = true;
	else if (is_ours(rule))
		/* For a network that was configured before, or behind the last word by now. */
		nft_delete_rule(place->batch, rule);
	else if (is_end(rule->word) && place->before == 0)
		place->before = rule->handle;
}

static int
hook_into(const struct forward_chain *base, const struct network *network, const char *comment,
	  struct nft_batch *batch)
{
	struct place place = { .batch = batch, .comment = comment };
	int rc = nft_each_rule(base->family, base->table, base->last, look_at, &place);

	if (rc < 0 || place.is_there)
		return rc;
	rule_begin(batch, base->family, base->table, base->last, place.before, comment);
	if (is_of_iptables(base->family, base->table))
		rule_forwarded_for_iptables(batch, network->address, network->prefix);
	else
		rule_forwarded_for(batch, network->address, network->prefix);
	rule_verdict(batch, NF_ACCEPT);
	return 0;
}

/* Two chains may send every packet to the same one. */
static bool
is_hooked(const struct forward *forward, unsigned nr)
{
	const struct forward_chain *chain = &forward->each[nr];

	for (unsigned i = 0; i < nr; i++)
		if (forward->each[i].family == chain->family && strcmp(forward->each[i].table, chain->table) == 0 &&
		    strcmp(forward->each[i].last, chain->last) == 0)
			return true;
	return false;
}

int
forward_hook(const struct forward *forward, const struct settings *settings, struct nft_batch *batch)
{
	char comment[sizeof(HOOK_TAG) + sizeof(settings->bridge_address.text)];
	int rc = 0;

	snprintf(comment, sizeof(comment), HOOK_TAG "%s", settings->bridge_address.text);
	for (unsigned i = 0; i < forward->count && rc == 0; i++)
		if (!forward->each[i].is_owned && !is_hooked(forward, i))
			rc = hook_into(&forward->each[i], &settings->bridge_address, comment, batch);
	return rc;
}

static void
take_away(const struct nft_rule *rule, void *data)
{
	if (is_ours(rule))
		nft_delete_rule(data, rule);
}

int
forward_unhook(struct nft_batch *batch)
{
	/* In every chain, not in those that drop today: a policy may have changed since. */
	int rc = nft_each_rule(NFPROTO_IPV4, NULL, NULL, take_away, batch);

	return rc < 0 ? rc : nft_each_rule(NFPROTO_INET, NULL, NULL, take_away, batch);
}
