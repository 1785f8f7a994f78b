/*
 * patience.c: a deadline and a nap.
 */
#include "sys/patience.h"

#include "say/say.h"

#include <poll.h>
#include <stddef.h>

enum { NAP_MS = 10 };

struct patience
patience_of(int timeout_ms, const char *what)
{
	waiting_begin(what);
	return (struct patience){ .deadline = waiting_clock() + timeout_ms };
}

bool
patience_left(const struct patience *patience)
{
	int left = waiting_left(patience->deadline);

	/* Every stage keeps poll anyway. */
	if (left > 0)
		(void)poll(NULL, 0, left < NAP_MS ? left : NAP_MS);
	return left > 0;
}
