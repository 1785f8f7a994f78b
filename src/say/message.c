/*
 * message.c: one line on stderr, the page for stdout, and the end of the process.
 */
#include "say/say.h"

#include "keep.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_BYTES = 4 << 20, PATIENCE_MS = 2000 };

static const char *speaker;             /* the verb's name, once it is known */
static struct words own, *noted = &own;
static bool is_child;                   /* whose parent says what is noted, and has the audit */
static bool (*may_speak)(void);         /* NULL: yes */
static char page[PAGE_BYTES];
static size_t page_length;
static bool page_overflowed;
static bool is_for_nobody;              /* stdout */

size_t
escape(char *out, size_t size, const char *bytes, size_t length)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte >= ' ' && byte <= '~' && byte != '\\') {
			if (used + 2 > size)
				break;
			out[used++] = (char)byte;
		} else {
			if (used + 5 > size)
				break;
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[byte >> 4];
			out[used++] = hex[byte & 15];
		}
	}
	if (size > 0)
		out[used] = '\0';
	return used;
}

/* A pipe that nobody reads must not keep us, and the locks we hold, for ever. */
static bool
write_out(int descriptor, const char *bytes, size_t length)
{
	if (length > 0 && is_for_nobody && descriptor == STDOUT_FILENO)
		return false;
	while (length > 0) {
		struct pollfd ready = { .fd = descriptor, .events = POLLOUT };
		ssize_t written;

		if (descriptor == STDOUT_FILENO ? !waiting_to_write(descriptor, PATIENCE_MS) :
		    poll(&ready, 1, PATIENCE_MS) == 0)
			return false;
		written = write(descriptor, bytes, length > PIPE_BUF ? PIPE_BUF : length);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		}
	}
	return true;
}

static void
say_line(const char *word, const char *text)
{
	char line[MESSAGE_BYTES];
	size_t used;

	used = (size_t)snprintf(line, sizeof(line), "banger-priv%s%s: %s%s", speaker ? " " : "",
				speaker ? speaker : "", word ? word : "", word ? ": " : "");
	used += escape(line + used, sizeof(line) - used - 1, text, strnlen(text, MESSAGE_BYTES));
	line[used++] = '\n';
	(void)write_out(STDERR_FILENO, line, used);
}

void
say_verb(const char *name)
{
	speaker = name;
}

void
note_into(struct words *words)
{
	noted = words ? words : &own;
}

/* The first counts, but that 5 promises that all is undone: what is held still outweighs it. */
static void
note_reason(enum reason reason)
{
	if (noted->reason == REASON_NONE ||
	    (reason_code(noted->reason) == CODE_FAILED && reason_code(reason) == CODE_BUSY))
		noted->reason = reason;
}

/* Up to its NUL, or MESSAGE_BYTES. */
static void
append(const char *text)
{
	size_t used = strnlen(noted->text, sizeof(noted->text) - 1), room = sizeof(noted->text) - 1 - used;
	size_t length = strnlen(text, MESSAGE_BYTES);

	if (length > room)
		length = room;
	memcpy(noted->text + used, text, length);
	noted->text[used + length] = '\0';
}

static void note(enum reason reason, const char *format, va_list args, const char *tail)
	__attribute__((format(printf, 2, 0)));

static void
note(enum reason reason, const char *format, va_list args, const char *tail)
{
	char text[MESSAGE_BYTES];

	vsnprintf(text, sizeof(text), format, args);
	if (noted->reason != REASON_NONE)
		append("; ");
	append(text);
	append(tail);
	note_reason(reason);
}

void
note_again(const struct words *words, enum reason reason)
{
	if (reason <= REASON_NONE || reason >= REASON_COUNT)
		return;
	if (noted->reason != REASON_NONE)
		append("; ");
	append(words->text);
	note_reason(reason);
}

void
say_noted(void)
{
	if (noted->reason != REASON_NONE)
		say_line(reason_word(noted->reason), noted->text);
	*noted = (struct words){ 0 };
}

enum code
refused(enum reason reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(reason, format, args, "");
	va_end(args);
	return reason_code(reason);
}

enum code
failed(int rc, const char *format, ...)
{
	char tail[128];
	va_list args;
	const char *name = strerrorname_np(-rc);
	const char *text = strerrordesc_np(-rc);

	snprintf(tail, sizeof(tail), ": %s (%s)", text ? text : "unknown error", name ? name : "?");
	va_start(args, format);
	note(reason_of(rc), format, args, tail);
	va_end(args);
	return reason_code(reason_of(rc));
}

void
die(enum reason reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(reason, format, args, "");
	va_end(args);
	finish(reason_code(reason));
}

void
say_after(bool (*may)(void))
{
	may_speak = may;
}

void
say_for_parent(void)
{
	is_child = true;
	audit_leave();
}

void
remark(const char *format, ...)
{
	char text[MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say_line(NULL, text);
}

void
print_to_nobody(bool nobody)
{
	is_for_nobody = nobody;
}

void
print(const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(page + page_length, sizeof(page) - page_length, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof(page) - page_length)
		page_overflowed = true;
	else
		page_length += (size_t)length;
}

void
print_text(const char *text, size_t length)
{
	if (length >= sizeof(page) - page_length) {
		page_overflowed = true;
		return;
	}
	memcpy(page + page_length, text, length);
	page_length += length;
}

bool
print_raw(const char *bytes, size_t length)
{
	if (!write_out(STDOUT_FILENO, bytes, length))
		page_overflowed = true;
	return !page_overflowed;
}

void
finish(enum code code)
{
	enum reason reason;

	if (is_child || (may_speak && !may_speak()))
		_exit((int)code);
	/* A pipe that others fill between poll and write keeps this process, and no other verb.  But where something was
	 * done, what this process still has open would be in the way of the next one that gets the lock. */
	if (code != CODE_DONE)
		close(FD_LOCK);
	/* What was done stays done; but who asked for an answer and did not get it must know. */
	if ((page_overflowed || !write_out(STDOUT_FILENO, page, page_length)) && code == CODE_DONE)
		code = refused(REASON_FAILED, "cannot write the result to stdout");
	reason = code == CODE_DONE ? REASON_NONE : noted->reason;
	if (reason != REASON_NONE) {
		code = reason_code(reason);
		say_noted();
	}
	audit_end(code, reason);
	_exit((int)code);
}
