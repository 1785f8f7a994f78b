/*
 * report.c: words, colours, commas.
 */
#include "check/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *subject;
static bool as_json, in_colour, something_is_wrong;

void
report_begin(bool json, bool colourful)
{
	as_json = json;
	in_colour = colourful;
	if (json) {
		json_open(NULL, '{');
		json_open("checks", '[');
	}
}

void
report_subject(const char *word)
{
	subject = word;
}

void
report(enum state state, const char *command, const char *format, ...)
{
	static const char *const words[] = { "ok", "note", "unseen", "wrong" };
	static const int colours[] = { 32, 33, 36, 31 };
	char text[REPORT_BYTES], clean[REPORT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	escape(clean, sizeof(clean), text, strlen(text));
	something_is_wrong |= state == WRONG;
	if (as_json) {
		json_open(NULL, '{');
		json_text("check", subject);
		json_text("state", words[state]);
		json_text("text", clean);
		if (command)
			json_text("command", command);
		json_close('}');
		return;
	}
	if (in_colour)
		print("\033[%dm%s\033[0m", colours[state], words[state]);
	else
		print("%s", words[state]);
	print(": %s: %s%s%s\n", subject, clean, command ? ": " : "", command ? command : "");
}

void
report_untrusted(int rc, const char *path, size_t bad)
{
	char command[REPORT_BYTES];
	int length = bad > 0 ? (int)bad : 1;

	snprintf(command, sizeof(command), "chown root:root %.*s && chmod go-w %.*s", length, path, length,
		 path);
	if (rc == -EPERM)
		report(WRONG, command, "%.*s is not root's alone", length, path);
	else if (rc == -EACCES)
		report(UNSEEN, NULL, "%s: this user may not look there", path);
	else if (rc == -ELOOP)
		report(WRONG, NULL, "%.*s is a symlink, which is never followed", length, path);
	else
		report(WRONG, NULL, "%s: %s", path, strerrordesc_np(-rc));
}

enum code
report_end(void)
{
	if (as_json) {
		json_close(']');
		json_flag("ready", !something_is_wrong);
		json_close('}');
		print("\n");
	}
	return something_is_wrong ? CODE_UNSAFE : CODE_DONE;
}
