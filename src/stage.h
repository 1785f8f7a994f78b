/*
 * stage.h: one stage of a verb in a child, with a cage of its own, and the end of the child.
 */
#pragma once

#include "say/say.h"
#include "verb.h"

#include <sys/types.h>

/* Of the child that goes ahead of the last stage with all before it (stages.c). */
enum { ALL_BEFORE = STAGES_MAX };

/* What the processes of a verb tell each other, in memory that they share. */
struct course {
	struct words words[STAGES_MAX];         /* of each stage */
	bool touches[STAGES_MAX];               /* which of them may have */
	struct { bool over; enum code code; } ends[STAGES_MAX + 1];     /* at the end: of all but the last */
};

/* What each of them goes by; a child goes on with a copy. */
struct run {
	const struct verb *verb;
	const struct settings *settings;
	struct course *course;
	unsigned last;                          /* the last stage's number */
	pid_t last_process;                     /* where that is another one, the parent; or 0 */
	bool is_closed;                         /* this one's cage */
};

/* The cage of the last stage, in its process; dies where it cannot. */
void close_last(struct run *run);

/* A stage in a child, from its beginning to its end: its code, or that of whatever kept it from there, which is noted. */
enum code act_apart(const struct run *run, unsigned stage);

/* The same from the last stage's process, for the one before it, as FD_AHEAD: the last one's cage closes meanwhile. */
enum code act_meanwhile(struct run *run, unsigned stage);

/* A stage that goes on while the next ones run.  Done once it has begun: its pidfd, under the number of the stage's
 * `beside`, stays open for the last stage.  Otherwise it is killed, and that closed; but where the killing failed it
 * stays, for the last stage to try again. */
enum code act_beside(const struct run *run, unsigned stage);

/* Waits for the end of FD_AHEAD, which stays the caller's; from a cage without wait4, so that what became of it stands in
 * course->ends[which].  It may have died before it wrote that: then the noted words say why, or without_end does. */
enum code code_of_ahead(const struct run *run, unsigned which, const struct words *words, const char *without_end);
