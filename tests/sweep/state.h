/*
 * state.h: all that a verb could leave on this host or change there, in one look of a few milliseconds.
 *
 * Links with their addresses, nft rules, mounts, files, cgroups, processes, sysctls; in the guest of
 * tests/vm/run loops and mappings too.  What the kernel draws by lot (numbers, handles, times) is left out,
 * but for the canaries below /run/canary, of which nothing may change at all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct state {
	char **lines;           /* sorted */
	size_t count, room;
};

void state_take(struct state *state);
void state_free(struct state *state);

enum likeness {
	SAME,
	SAME_BUT_CONTENTS,      /* of files, which may carry the time */
	NOTHING_MORE,           /* things may be missing */
};

/* How the second differs is printed below the title, unless that is NULL; true when it does not.  Lines that hold one
 * of the texts in `but`, which ends with NULL and may be NULL, may be there or not. */
bool state_same(const struct state *was, const struct state *is, enum likeness likeness, const char *const *but,
		const char *title);
