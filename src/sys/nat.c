/*
 * nat.c: guests, one by one.
 */
#include "sys/nat.h"

#include "sys/nat-tables.h"
#include "sys/sysctl.h"
#include "sys/tap.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

static struct nft_batch batch;

static struct nat_key
key_of(const struct guest *guest)
{
	struct nat_key key = { .address = guest->address };

	memcpy(key.tap, guest->tap.text, sizeof(key.tap));
	return key;
}

struct found {
	bool any, tagged;
	const char *tag;
};

static void
compare_tag(const void *key, size_t length, const char *comment, void *data)
{
	struct found *found = data;

	(void)key;
	(void)length;
	found->any = true;
	found->tagged = found->tag && strcmp(comment, found->tag) == 0;
}

/* Whether the element is there, and with which tag; not there is no error. */
static int
find_element(const struct nat_set *set, const struct nat_key *key, struct found *found)
{
	int rc = nft_each_element(set->family, NAT_TABLE, set->name, (const char *)key + set->offset,
				  sizeof(*key) - set->offset, compare_tag, found);

	return rc == -ENOENT ? 0 : rc;
}

int
nat_find(const struct guest *guest, enum nat_place *place)
{
	struct nat_key key = key_of(guest);
	struct found own = { 0 }, held = { 0 };
	int rc = find_element(&nat_sets[PAIRS], &key, &own);

	if (rc == 0 && !own.any)
		rc = find_element(&nat_sets[ADDRESSES], &key, &held);
	*place = own.any ? NAT_OWN : held.any ? NAT_TAKEN : NAT_FREE;
	return rc;
}

/* What is to be so. */
struct change {
	const struct settings *settings;
	const struct guest *guest;
	const char *vm;
};

/* What it still takes, into the batch.  0 or -errno. */
static int
plan_add(const struct nat *nat, const struct change *change)
{
	struct nat_key key = key_of(change->guest);
	struct nat_key bridge = { .address = change->settings->bridge_address.address };
	struct found held = { 0 };
	char tag[64];
	int rc = 0;

	tap_alias(change->vm, tag, sizeof(tag));
	nft_begin(&batch, nat->generation);
	if (!nat->is_whole)
		nat_rebuild(&batch, nat, change->settings);
	if (nat->is_there)
		rc = find_element(&nat_sets[ADDRESSES], &bridge, &held);
	if (!held.any)
		nat_change_element(&batch, NFT_MSG_NEWSETELEM, &nat_sets[ADDRESSES], &bridge, NULL);
	for (const struct nat_set *set = nat_sets; set < nat_sets + NAT_SETS && rc == 0; set++) {
		struct found found = { .tag = tag };

		if (nat->is_there)
			rc = find_element(set, &key, &found);
		if (found.any && !found.tagged)
			nat_change_element(&batch, NFT_MSG_DELSETELEM, set, &key, NULL);
		if (!found.tagged)
			nat_change_element(&batch, NFT_MSG_NEWSETELEM, set, &key, tag);
	}
	return rc < 0 ? rc : forward_hook(&nat->forward, change->settings, &batch);
}

/* The kernel may have done it and have lost its answer, for want of memory: then it takes nothing any more.
 * Where not even that can be asked, *known is false. */
static int
carry_out(int (*plan)(const struct nat *nat, const struct change *change), const struct nat *nat,
	  const struct change *change, bool *known)
{
	struct nat now;
	int again, rc = plan(nat, change);

	*known = true;
	if (rc < 0)
		return rc;
	rc = nft_commit(&batch);
	if (rc == 0 || rc == -EBUSY)
		return rc;
	again = nat_look(change->settings, &now);
	if (again == 0)
		again = plan(&now, change);
	*known = again == 0;
	return again == 0 && nft_is_empty(&batch) ? 0 : rc;
}

static const char *
what_failed(bool known)
{
	return known ? "change the packet filter" : "find out whether the packet filter was changed";
}

int
nat_add(const struct nat *nat, const struct settings *settings, const struct guest *guest,
	const char *vm, const char **cannot)
{
	const struct change change = { settings, guest, vm };
	bool known;
	int rc = carry_out(plan_add, nat, &change, &known);

	*cannot = what_failed(known);
	return rc;
}

struct search {
	struct nat_key key;
	bool others;
};

static void
look_for_others(const void *key, size_t length, const char *comment, void *data)
{
	struct search *search = data;

	(void)comment;
	search->others |= length != sizeof(search->key) || memcmp(key, &search->key, length) != 0;
}

int
nat_is_last(const struct guest *guest)
{
	struct search search = { .key = key_of(guest) };
	int rc = nft_each_element(NFPROTO_BRIDGE, NAT_TABLE, nat_sets[PAIRS].name, NULL, 0,
				  look_for_others, &search);

	return rc < 0 && rc != -ENOENT ? rc : !search.others;
}

static int
remove_last(const struct nat *nat)
{
	if (nat->leftovers)
		nat_wipe(&batch);
	return forward_unhook(&batch);
}

/* Address and all only with the pair: they may be there for another tap. */
static int
remove_one(const struct nat_key *key)
{
	struct found pair = { 0 };
	int rc = find_element(&nat_sets[PAIRS], key, &pair);

	for (const struct nat_set *set = nat_sets; set < nat_sets + NAT_SETS && pair.any && rc == 0;
	     set++) {
		struct found found = { 0 };

		rc = find_element(set, key, &found);
		if (found.any)
			nat_change_element(&batch, NFT_MSG_DELSETELEM, set, key, NULL);
	}
	return rc;
}

static int
plan_remove(const struct nat *nat, const struct change *change)
{
	struct nat_key key = key_of(change->guest);
	int last = nat_is_last(change->guest);

	nft_begin(&batch, nat->generation);
	return last < 0 ? last : last ? remove_last(nat) : remove_one(&key);
}

static int
withdraw(const struct settings *settings, const struct guest *guest, const char **cannot)
{
	const struct change change = { settings, guest, NULL };
	struct nat nat;
	bool known;
	int last, rc = nat_look(settings, &nat);

	*cannot = "read the packet filter";
	last = rc < 0 ? rc : nat_is_last(guest);
	if (last < 0)
		return last;
	last = last && nat.leftovers;
	*cannot = "switch forwarding from the bridge off";
	rc = last ? sysctl_set_link("ipv4", settings->bridge.text, "forwarding", 0) : 0;
	if (rc < 0)
		return rc;
	rc = carry_out(plan_remove, &nat, &change, &known);
	*cannot = what_failed(known);
	/* Not while the rules may be gone. */
	if (rc < 0 && known && last)
		sysctl_set_link("ipv4", settings->bridge.text, "forwarding", 1);
	return rc;
}

int
nat_withdraw(const struct settings *settings, const struct guest *guest, const char **cannot)
{
	int rc, tries = NAT_TRIES;

	do
		rc = withdraw(settings, guest, cannot);
	while (rc == -EBUSY && --tries > 0);
	return rc;
}

struct each_guest {
	void (*each)(const struct guest *guest, const char *tag, void *data);
	void *data;
};

static void
visit_pair(const void *pair, size_t length, const char *comment, void *data)
{
	const struct each_guest *visit = data;
	struct guest guest = { 0 };
	struct nat_key key;

	if (length != sizeof(key))
		return;
	memcpy(&key, pair, sizeof(key));
	memcpy(guest.tap.text, key.tap, sizeof(key.tap) - 1);
	guest.address = key.address;
	visit->each(&guest, comment, visit->data);
}

int
nat_each(void (*each)(const struct guest *guest, const char *tag, void *data), void *data)
{
	struct each_guest visit = { each, data };
	int rc = nft_each_element(NFPROTO_BRIDGE, NAT_TABLE, nat_sets[PAIRS].name, NULL, 0,
				  visit_pair, &visit);

	return rc == -ENOENT ? 0 : rc;
}
