/*
 * message.c: one line on stderr, the page for stdout, and the end of the process.
 */
#include "say/say.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_BYTES = 4 << 20, PATIENCE_MS = 2000 };

static const char *speaker;                     /* the verb's name, once it is known */
static enum reason last_reason = REASON_NONE;   /* for the audit */
static bool is_child;                           /* whose parent has the audit */
static char page[PAGE_BYTES];
static size_t page_length;
static bool page_overflowed;

#define REASON_ROW(id, word, code, meaning) [REASON_##id] = { word, code, meaning },
static const struct {
	const char *word;
	enum code code;
	const char *meaning;
} reasons[REASON_COUNT] = { REASONS(REASON_ROW) };

const char *
code_name(enum code code)
{
#define CODE_ROW(id, number, meaning) [number] = meaning,
	static const char *const names[] = { CODES(CODE_ROW) };

	return names[code];
}

const char *
reason_word(enum reason reason)
{
	return reasons[reason].word;
}

const char *
reason_meaning(enum reason reason)
{
	return reasons[reason].meaning;
}

enum code
reason_code(enum reason reason)
{
	return reasons[reason].code;
}

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

static void say_line(const char *word, const char *format, va_list args, const char *tail)
	__attribute__((format(printf, 2, 0)));

static void
say_line(const char *word, const char *format, va_list args, const char *tail)
{
	char text[MESSAGE_BYTES];
	char line[MESSAGE_BYTES];
	size_t used = 0;

	used += (size_t)snprintf(line, sizeof(line), "banger-priv%s%s: %s%s", speaker ? " " : "",
				 speaker ? speaker : "", word ? word : "", word ? ": " : "");
	vsnprintf(text, sizeof(text), format, args);
	used += escape(line + used, sizeof(line) - used - 1, text, strlen(text));
	if (tail)
		used += escape(line + used, sizeof(line) - used - 1, tail, strlen(tail));
	line[used++] = '\n';
	(void)write_out(STDERR_FILENO, line, used);
}

void
say_verb(const char *name)
{
	speaker = name;
}

enum code
refused(enum reason reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(reason_word(reason), format, args, NULL);
	va_end(args);
	last_reason = reason;
	return reason_code(reason);
}

enum reason
reason_of(int rc)
{
	switch (-rc) {
	case EBUSY:
	case ETXTBSY:
		return REASON_IN_USE;
	case ETIMEDOUT:
		return REASON_TIMEOUT;
	case ENOMEM:
	case ENOSPC:
	case EDQUOT:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
		return REASON_NO_SPACE;
	case ENOSYS:
		return REASON_KERNEL;
	default:
		return REASON_FAILED;
	}
}

enum code
failed(int rc, const char *format, ...)
{
	char tail[128];
	va_list args;
	const char *name = strerrorname_np(-rc);
	const char *text = strerrordesc_np(-rc);

	snprintf(tail, sizeof(tail), ": %s (%s)", text ? text : "unknown error", name ? name : "?");
	last_reason = reason_of(rc);
	va_start(args, format);
	say_line(reason_word(last_reason), format, args, tail);
	va_end(args);
	return reason_code(last_reason);
}

void
die(enum reason reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(reason_word(reason), format, args, NULL);
	va_end(args);
	last_reason = reason;
	if (is_child)
		finish_for_parent(reason_code(reason));
	audit_end(reason_code(reason), reason);
	_exit((int)reason_code(reason));
}

void
say_for_parent(void)
{
	is_child = true;
	last_reason = REASON_NONE;
	audit_leave();
}

/* An exit status is a byte: 3 bits of code, 5 of reason. */
enum { CODE_BITS = 3 };
_Static_assert(REASON_COUNT <= 1 << (8 - CODE_BITS), "a reason fits into what the code leaves");

void
finish_for_parent(enum code code)
{
	_exit((int)code | (code == CODE_DONE ? 0 : (int)last_reason << CODE_BITS));
}

enum code
code_of_child(int status)
{
	int reason = status >> CODE_BITS;

	if (reason > REASON_NONE && reason < REASON_COUNT)
		last_reason = (enum reason)reason;
	return (enum code)(status & ((1 << CODE_BITS) - 1));
}

void
remark(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(NULL, format, args, NULL);
	va_end(args);
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
	/* What was done stays done; but who asked for an answer and did not get it must know. */
	if (page_overflowed || !write_out(STDOUT_FILENO, page, page_length)) {
		if (code == CODE_DONE)
			code = refused(REASON_FAILED, "cannot write the result to stdout");
	}
	audit_end(code, code == CODE_DONE ? REASON_NONE : last_reason);
	_exit((int)code);
}
