/*
 * tidy.h: undoes what the caller let us inherit, before anything else happens.
 */
#pragma once

/* What is kept of the environment; points into the initial stack. */
struct inherited {
	const char *sudo_uid;           /* NULL when absent */
};

/* sudo hands over far more than an environment: descriptors, signal dispositions and masks,
 * pending signals, timers, limits, umask, working directory, scheduling, the OOM score, personality.
 * Afterwards all of it is as a fresh process of init's would have it.  Dies (host) when it cannot
 * be; changes nothing outside this process. */
void tidy(struct inherited *was);
