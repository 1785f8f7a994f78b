/*
 * nat.h: who of the guests gets out, and with which address.
 *
 * Two tables called banger-priv.  The one of family bridge sees which tap a frame comes from, and
 * holds tap and source address together; the one of family ip sees what is forwarded, lets guests out
 * and what belongs to their connections in, and masquerades.  Guests are elements of sets, so that a
 * thousand of them cost no rule more than one.
 */
#pragma once

#include "gate/gate.h"
#include "sys/forward.h"

struct guest {
	struct link_name tap;
	struct in_addr address;
};

/* What the packet filter holds that is of interest here. */
struct nat {
	bool leftovers;         /* there is a chain of ours */
	bool is_there;          /* all of them are, and their sets with them */
	bool is_whole;          /* and have the rules for the configuration in force */
	struct forward forward;
	uint32_t generation;    /* of the rules at which was looked */
};

/* How often we look again before somebody else who changes the rules all the time makes us give up. */
enum { NAT_TRIES = 16 };

/* Looks.  0 or -errno; -EBUSY when somebody changed the rules meanwhile. */
int nat_look(const struct settings *settings, struct nat *nat);

/* Whether that guest is in, and if not whether its address is another tap's, or the bridge's.  0 or -errno. */
enum nat_place { NAT_FREE, NAT_OWN, NAT_TAKEN };

int nat_find(const struct guest *guest, enum nat_place *place);

/* In one transaction: tables, chains and rules are whole, the guest is in, tagged with vm ("" is
 * none), and each forward chain that drops has its rule.  What is so already is not
 * touched.  0; -EBUSY when the rules are others by now than were looked at; or -errno; and nothing changed, but
 * where *cannot says that this cannot be found out. */
int nat_add(const struct nat *nat, const struct settings *settings, const struct guest *guest,
	    const char *vm, const char **cannot);

/* Whether no guest would be left without this one, be it in or not. 0, 1, or -errno. */
int nat_is_last(const struct guest *guest);

/* From the beginning, and in one transaction: the guest is out; with the last one go the tables, our rules
 * elsewhere, and before them the bridge's forwarding.  Done, too, when it was not in.  0; or -errno, which is
 * -EBUSY when others' changes of the rules left no time for ours, and nothing
 * changed, but where *cannot, which says what could not be done, says that this cannot be found out: then
 * forwarding is off. */
int nat_withdraw(const struct settings *settings, const struct guest *guest, const char **cannot);

/* Every guest, with the tag that it was given. */
int nat_each(void (*each)(const struct guest *guest, const char *tag, void *data), void *data);
