/*
 * patience.h: waits for what the kernel does not announce, a little at a time and not for ever.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct patience { int64_t deadline; };  /* as waiting_clock counts */

/* For `what`, which a person at a terminal is told (say.h). */
struct patience patience_of(int timeout_ms, const char *what);

/* Waits 10 ms and is true, or is false when the deadline has passed. */
bool patience_left(const struct patience *patience);
