/*
 * patience.c: a deadline and a nap.
 */
#include "sys/patience.h"

#include <poll.h>
#include <stddef.h>
#include <time.h>

enum { NAP_MS = 10 };

static int64_t
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct patience
patience_of(int timeout_ms)
{
	return (struct patience){ .deadline_ms = milliseconds() + timeout_ms };
}

bool
patience_left(const struct patience *patience)
{
	if (milliseconds() >= patience->deadline_ms)
		return false;
	/* Every stage keeps poll anyway. */
	(void)poll(NULL, 0, NAP_MS);
	return true;
}
