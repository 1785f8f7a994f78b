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

struct last_word { bool spoken, is_refusal; };

static void
look_for_last_word(const struct nft_rule *rule, void *data)
{
	struct last_word *last = data;

	if (rule->is_final && !last->spoken)
		*last = (struct last_word){ true, rule->is_refusal };
}

/* 1 when it refuses what none of its rules has accepted, 0, or -errno. */
static int
drops(const struct forward_chain *chain)
{
	struct last_word last = { 0 };
	int rc = chain->by_policy ? 1 : nft_each_rule(chain->family, chain->table, chain->name,
						      look_for_last_word, &last);

	return rc == 0 ? last.is_refusal : rc;
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

	for (unsigned i = 0; i < forward->count; i++) {
		int rc = drops(&forward->each[i]);

		if (rc < 0)
			return rc;
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

	if (strcmp(rule->comment, place->comment) == 0)
		place->is_there = true;
	else if (is_ours(rule))
		nft_delete_rule(place->batch, rule);        /* for a network that was configured before */
	else if (rule->is_final && place->before == 0)
		place->before = rule->handle;
}

static int
hook_into(const struct forward_chain *chain, const char *name, const struct network *network,
	  const char *comment, struct nft_batch *batch)
{
	struct place place = { .batch = batch, .comment = comment };
	int rc = nft_each_rule(chain->family, chain->table, name, look_at, &place);

	if (rc < 0 || place.is_there)
		return rc;
	rule_begin(batch, chain->family, chain->table, name, place.before, comment);
	if (is_of_iptables(chain->family, chain->table))
		rule_begun_within_iptables(batch, network->address, network->prefix);
	else
		rule_begun_within(batch, network->address, network->prefix);
	rule_verdict(batch, NF_ACCEPT);
	return 0;
}

int
forward_hook(const struct forward *forward, const struct settings *settings, struct nft_batch *batch)
{
	char comment[sizeof(HOOK_TAG) + sizeof(settings->bridge_address.text)];
	int rc = forward->too_many ? -E2BIG : 0;

	snprintf(comment, sizeof(comment), HOOK_TAG "%s", settings->bridge_address.text);
	for (unsigned i = 0; i < forward->count && rc == 0; i++) {
		const struct forward_chain *chain = &forward->each[i];
		bool docker = chain->is_dockers && forward->has_docker_user;

		if (chain->is_owned)
			continue;
		rc = hook_into(chain, docker ? "DOCKER-USER" : chain->name,
			       &settings->bridge_address, comment, batch);
	}
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
