/*
 * steps.h: what main does with a verb.  Each dies, or ends the process, with its own exit code.
 */
#pragma once

#include "cage/tidy.h"
#include "verb.h"

/* The verb that the first word names; help without one. */
const struct verb *step_find_verb(int argc, char *argv[]);

/* The one key whose values the configuration's own gates know nothing of: it names verbs. */
void step_admit_batch_key(const struct settings *settings);

/* Effective uid 0, and SUDO_UID that of root, the owner or an admin. */
void step_admit_caller(const struct inherited *was, const struct settings *settings);

/* Like fork: comes back in a child for each verb of the batch, gated and with all others gated, when it is
 * that child's turn to act; and in the caller at once with the batch, which waits for the gates and gives the turns.
 * Cuts words at each --. */
const struct verb *step_divide(const struct verb *batch, char *words[], const struct inherited *was,
			       const struct settings *settings);

/* Waits its turn where another verb works on the same objects; busy after a while. */
void step_take_lock(const struct verb *verb);

/* The same for one lock, on that descriptor; vm is whose LOCK_VM is. */
enum code step_lock(enum lock lock, const char *vm, int descriptor);

/* Those of the handles, without anything that has to wait for the lock.  What does not go well is left for
 * step_open_handles to say. */
void step_load_libraries(const struct verb *verb);

void step_open_handles(const struct verb *verb);

/* The capabilities that any stage of the verb hands to a program that it executes. */
uint64_t step_bounding(const struct verb *verb);

/* Drops all others once, for this process and those to come, and not in each of their cages: for each capability the
 * kernel makes a new set of credentials. */
void step_bound(uint64_t bounding);

/* Each stage in its cage, until one is not done (stages.c). */
enum code step_act(const struct verb *verb, const struct settings *settings);
