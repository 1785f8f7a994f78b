/*
 * version.c: digits and dots.
 */
#include "sys/version.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

unsigned
version_read(const char *text, unsigned long *out, unsigned count)
{
	unsigned found = 0;

	for (text += strcspn(text, DIGITS); found < count && *text && strchr(DIGITS, *text); found++) {
		char *end;

		out[found] = strtoul(text, &end, 10);
		if (*end != '.')
			return found + 1;
		text = end + 1;
	}
	return found;
}
