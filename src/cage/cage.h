/*
 * cage.h: gives up everything but what a stage's row keeps, and makes sure that it is gone.
 */
#pragma once

#include "keep.h"

#include <sys/types.h>

/* The capabilities that a stage hands to the program that it executes: its bounding set. */
uint64_t cage_bounding(const struct keep *keep);

/* Drops all others from this process's bounding set, and so from that of every child it will have.  For root alone. */
void cage_bound(uint64_t bounding);

/* For the rest of this process: no_new_privs; locked securebits; uid, gid and no groups; the
 * capabilities of keep and no others in any set, bounding set included; keep_always and keep's
 * system calls and no others (SIGSYS; where it executes, all but the denied, and then its bounding
 * set holds keep's capabilities, and the program gets them).  Everything is read back.  Once in a
 * process: a second call would need what the first gave up.  Dies (confinement), never half done in
 * silence.
 * owner_uid and owner_gid are for AS_OWNER.  Sources: capabilities(7), seccomp(2). */
void cage_close(const struct keep *keep, uid_t owner_uid, gid_t owner_gid);

/* The last step of cage_close: seccomp(2) with the filter that the build compiled for the row. */
void cage_filter(const struct keep *keep);
