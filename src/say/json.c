/*
 * json.c: one JSON object onto the page (RFC 8259).
 *
 * Values here are our own words and numbers, or gated text; a byte outside printable ASCII in
 * any of them is written as \u00NN all the same.
 */
#include "say/say.h"

#include <string.h>

static bool comma_due;

/* Where those end that stand for themselves. */
static const char *
after_plain(const char *text)
{
	while (*text >= ' ' && *text <= '~' && *text != '"' && *text != '\\')
		text++;
	return text;
}

static void
print_escaped(unsigned char byte)
{
	print(byte == '"' || byte == '\\' ? "\\%c" : "\\u%04x", byte);
}

static void
json_string(const char *text)
{
	print_text("\"", 1);
	for (const char *end; *text; text = end) {
		end = after_plain(text);
		if (end > text)
			print_text(text, (size_t)(end - text));
		else
			print_escaped((unsigned char)*end++);
	}
	print_text("\"", 1);
}

static void
json_key(const char *key)
{
	if (comma_due)
		print_text(",", 1);
	comma_due = true;
	if (key) {
		json_string(key);
		print_text(":", 1);
	}
}

void
json_open(const char *key, char bracket)
{
	json_key(key);
	print_text(&bracket, 1);
	comma_due = false;
}

void
json_close(char bracket)
{
	print_text(&bracket, 1);
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
