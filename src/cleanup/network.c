/*
 * network.c: guests with the VM's tag are out, and taps with it are gone: as many at once as fit, until there is none.
 */
#include "cleanup/cleaning.h"

#include "sys/link.h"
#include "sys/nat.h"
#include "sys/netlink.h"
#include "sys/tap.h"
#include "verb.h"

#include <errno.h>
#include <string.h>

enum { AT_ONCE = 64 };

static int netlink_rc, netfilter_rc;

int
clean_up_open_network(void)
{
	netlink_rc = netlink_open();
	netfilter_rc = netlink_rc < 0 ? netlink_rc : nft_open();
	return 0;
}

/* ---- NAT ---- */

struct guests {
	struct guest each[AT_ONCE];
	unsigned count;
	char tag[64];
};

static void
note_guest(const struct guest *guest, const char *tag, void *data)
{
	struct guests *guests = data;

	if (guests->count < AT_ONCE && strcmp(tag, guests->tag) == 0)
		guests->each[guests->count++] = *guest;
}

enum code
clean_up_nat(const struct vm_id *vm, const struct settings *settings, struct left *left)
{
	const char *cannot = "read the packet filter";
	struct guests guests;
	bool found = false;
	int rc = netfilter_rc;

	do {
		guests = (struct guests){ 0 };
		tap_alias(vm->text, guests.tag, sizeof(guests.tag));
		if (rc == 0)
			rc = nat_each(note_guest, &guests);
		found |= guests.count > 0;
		for (unsigned i = 0; i < guests.count && rc == 0; i++)
			rc = nat_withdraw(settings, &guests.each[i], &cannot);
	} while (rc == 0 && guests.count > 0);
	if (!found)
		stage_touched_nothing();
	/* A kernel without nf_tables has no NAT of ours. */
	if (netfilter_rc == -EPROTONOSUPPORT)
		return CODE_DONE;
	return rc < 0 ? leave(left, reason_of(rc), "NAT (cannot %s: %s)", cannot, why(rc)) : CODE_DONE;
}

/* ---- taps ---- */

struct taps {
	const struct vm_id *vm;
	struct link_name each[AT_ONCE];
	unsigned count, skipped, skip;
};

static void
note_tap(const struct link *link, void *data)
{
	struct taps *taps = data;

	if (!tap_is_ours(link) || strcmp(tap_vm(link), taps->vm->text) != 0)
		return;
	if (taps->skipped < taps->skip)
		taps->skipped++;
	else if (taps->count < AT_ONCE)
		memcpy(taps->each[taps->count++].text, link->name, sizeof(link->name));
}

/* Each tap wants a descriptor of its own of the device, which is closed with it. */
static int
delete_tap(const struct link_name *tap)
{
	int rc = tap_open();

	return rc < 0 ? rc : tap_delete(tap);
}

enum code
clean_up_taps(const struct vm_id *vm, struct left *left)
{
	enum code code = CODE_DONE;
	bool found = false;
	unsigned stay = 0;
	struct taps taps;
	int rc = netlink_rc;

	do {
		taps = (struct taps){ .vm = vm, .skip = stay };
		if (rc == 0)
			rc = link_each("tun", note_tap, &taps);
		found |= taps.count > 0;
		for (unsigned i = 0; i < taps.count && rc == 0; i++) {
			int its = delete_tap(&taps.each[i]);

			if (its < 0) {
				code = leave(left, reason_of(its), "the tap %s (%s)", taps.each[i].text, why(its));
				stay++;
			}
		}
	} while (rc == 0 && taps.count > 0);
	if (!found)
		stage_touched_nothing();
	return rc < 0 ? leave(left, reason_of(rc), "taps (%s)", why(rc)) : code;
}
