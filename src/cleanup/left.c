/*
 * left.c: what could not go, in words: one message for all of it.
 */
#include "cleanup/cleaning.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum code
leave(struct left *left, enum reason reason, const char *format, ...)
{
	size_t used = strlen(left->text);
	char one[200];
	va_list args;

	if (left->reason == REASON_NONE)
		left->reason = reason;
	va_start(args, format);
	vsnprintf(one, sizeof(one), format, args);
	va_end(args);
	snprintf(left->text + used, sizeof(left->text) - used, "%s%s", used ? ", " : "", one);
	return reason_code(reason);
}

const char *
why(int rc)
{
	return rc == -EBUSY ? "in use" : strerrordesc_np(-rc);
}
