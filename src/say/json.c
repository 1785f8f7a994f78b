/*
 * json.c: one JSON object onto the page (RFC 8259).
 *
 * Values here are our own words and numbers, or gated text; a byte outside printable ASCII in
 * any of them is written as \u00NN all the same.
 */
#include "say/say.h"

#include <string.h>

static bool comma_due;

static void
json_string(const char *text)
{
	print("\"");
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < ' ' || byte > '~')
			print("\\u%04x", byte);
		else if (byte == '"' || byte == '\\')
			print("\\%c", byte);
		else
			print("%c", byte);
	}
	print("\"");
}

static void
json_key(const char *key)
{
	if (comma_due)
		print(",");
	comma_due = true;
	if (key) {
		json_string(key);
		print(":");
	}
}

void
json_open(const char *key, char bracket)
{
	json_key(key);
	print("%c", bracket);
	comma_due = false;
}

void
json_close(char bracket)
{
	print("%c", bracket);
	comma_due = true;
}

void
json_text(const char *key, const char *value)
{
	json_key(key);
	json_string(value);
}

void
json_number(const char *key, int64_t value)
{
	json_key(key);
	print("%lld", (long long)value);
}

void
json_flag(const char *key, bool value)
{
	json_key(key);
	print("%s", value ? "true" : "false");
}

void
json_null(const char *key)
{
	json_key(key);
	print("null");
}
