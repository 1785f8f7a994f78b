/*
 * say.h: everything the program tells somebody: exit codes, messages, results, the audit.
 *
 * Floor 0: includes nothing of ours but keep.h's descriptor numbers.  No byte that a caller, a
 * guest or a helper program wrote leaves here unless it is printable ASCII or escaped as \xNN.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit status: an interface that callers switch on.  1, 126, 127 and 128+n belong to sudo and the
 * shell. */
#define CODES(C) \
	C(DONE, 0, "done: the state asked for holds now") \
	C(USAGE, 2, "usage: no such verb, or operands that it does not take") \
	C(REFUSED, 3, "refused: a gate, the caller check or an ownership check said no; nothing was touched") \
	C(UNSAFE, 4, "unsafe: host, configuration or confinement are not as they must be; nothing was touched") \
	C(FAILED, 5, "failed: the kernel or a helper said no; what this call had made is undone") \
	C(BUSY, 6, "busy: a deadline passed, or the object is in use; try again later") \
	C(NO, 7, "no: the answer is no")

#define CODE_ENUM(id, number, meaning) CODE_##id = number,
enum code { CODES(CODE_ENUM) };
#undef CODE_ENUM

/* NULL for a number that is no code. */
const char *code_name(enum code code);

/* The code that a child ended with; failed for a number that is none. */
enum code code_of(int number);

/* The closed list of reason words: one word for programs, one code each. */
#define REASONS(R) \
	R(USAGE, "usage", CODE_USAGE, "no such verb, or operands that it does not take") \
	R(MALFORMED, "malformed", CODE_REFUSED, "an operand is not of the shape its gate wants") \
	R(NOT_ALLOWED, "not-allowed", CODE_REFUSED, "an operand lies outside what the configuration allows") \
	R(CALLER, "caller", CODE_REFUSED, "the calling user is not root, the owner or an admin") \
	R(FOREIGN, "foreign", CODE_REFUSED, "an object of that name is there and is not ours") \
	R(EXISTS, "exists", CODE_REFUSED, "an object of that name is there already") \
	R(ABSENT, "absent", CODE_REFUSED, "what the verb works on is not there, or not the caller's to use") \
	R(UNFIT, "unfit", CODE_REFUSED, "what the verb works on is not of the kind that it works on") \
	R(CONFIG, "config", CODE_UNSAFE, "the configuration, or the account it names, is not as it must be") \
	R(HOST, "host", CODE_UNSAFE, "the host, or the state this process began in, is not as it must be") \
	R(KERNEL, "kernel", CODE_UNSAFE, "the kernel lacks a call that a check rests on") \
	R(CONFINEMENT, "confinement", CODE_UNSAFE, "the cage could not be closed") \
	R(FAILED, "failed", CODE_FAILED, "the kernel or a helper program said no") \
	R(NO_SPACE, "no-space", CODE_FAILED, "memory, disk or a table of the kernel is full") \
	R(IN_USE, "in-use", CODE_BUSY, "the object is held by somebody; try again later") \
	R(TIMEOUT, "timeout", CODE_BUSY, "the deadline passed; try again later") \
	R(INTERRUPTED, "interrupted", CODE_BUSY, "a signal ended the wait, and the process with it; only in the audit") \
	R(NO, "no", CODE_NO, "the answer is no")

#define REASON_ENUM(id, word, code, meaning) REASON_##id,
enum reason { REASON_NONE, REASONS(REASON_ENUM) REASON_COUNT };
#undef REASON_ENUM

const char *reason_word(enum reason reason);
const char *reason_meaning(enum reason reason);
enum code reason_code(enum reason reason);

/* ---- messages: one line on stderr, at most MESSAGE_BYTES, printable ASCII ---- */

enum { MESSAGE_BYTES = 1024 };

/* Why not: noted where it is found out, and said at the end, in one line. */
struct words {
	enum reason reason;             /* gives the line's word, and the exit code; NONE: there is nothing */
	char text[MESSAGE_BYTES];       /* with NUL or full; escaped when it is said */
};

/* The name in front of every message from now on; a literal, never what the caller typed. */
void say_verb(const char *name);

/* Notes why not and gives the exit code that goes with the reason.  What is noted after something else is
 * added to its text; the reason stays, but that one of CODE_BUSY takes the place of one of CODE_FAILED. */
enum code refused(enum reason reason, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a -errno from sys: EBUSY is in-use, ETIMEDOUT timeout, ENOSPC and its kin no-space,
 * ENOSYS kernel, everything else failed.  The errno's name and text are added. */
enum code failed(int rc, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Which of them goes with a -errno. */
enum reason reason_of(int rc);

/* Says why not and ends the process.  Only for what runs before the cage is closed. */
void die(enum reason reason, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* From now on it is noted there, in memory that a parent shares, say; NULL: where finish() looks first. */
void note_into(struct words *words);

/* Adds what somebody else has noted, with another reason perhaps, if it is any. */
void note_again(const struct words *words, enum reason reason);

/* Says what is noted, and forgets it; finish() does that. */
void say_noted(void);

/* A note for people on stderr that changes no exit code ("using the built-in defaults"). */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes out what was printed, says what was noted, closes the audit and ends the process.  The code is that of
 * what was noted, if anything was and it is not done. */
void finish(enum code code) __attribute__((noreturn));

/* For one of several of whom each may have something to say: finish() comes when may() has come back, and says and
 * records nothing where that is false.  NULL: there is nobody else. */
void say_after(bool (*may)(void));

/* For a child that does a part of the work, before anything else: finish() says and records nothing, but leaves
 * that to the parent. */
void say_for_parent(void);

/* ---- waiting: for as long as it takes, but not out of a person's reach ---- */

/* Before the cage closes: looks whether stderr is a terminal, where somebody may wonder. */
void waiting_look(void);

/* A wait begins, for `what` (a text that stays); whoever looks is told so a second later, and once a second
 * from then on, by waiting_left.  Nothing is said where stderr is no terminal. */
void waiting_begin(const char *what);

/* How long poll(2) may wait now, in milliseconds: until the deadline or the next word.  0 once the
 * deadline has passed, -1 for ever. */
int waiting_left(int64_t deadline);

/* Milliseconds of the monotonic clock, which deadlines are in. */
int64_t waiting_clock(void);

#define FOR_EVER INT64_MAX

/* A handle of verbs whose waits a person may end: the signals HUP, INT, QUIT and TERM as FD_SIGNALS. */
int waiting_open(void);

/* Until there is something to read from fd, or the deadline: 0, -ETIMEDOUT, or -errno; telling of it as
 * above, but for "", which is a mere look.  One of those signals ends the process. */
int waiting_for(int fd, int64_t deadline, const char *what);

/* The same for who waits again and again for what others can make without end: once the deadline has passed
 * -ETIMEDOUT, whatever there is. */
int waiting_for_next(int fd, int64_t deadline, const char *what);

/* Until stdout, as fd, takes bytes: false, when it still does not after so long.  Another wait, which this one is
 * in the middle of, goes on afterwards. */
bool waiting_to_write(int fd, int timeout_ms);

/* ---- results: collected, and written to stdout by finish() ---- */

/* Whether what is written to stdout reaches nobody, since another file stands in its place: finish() then fails where
 * there is something to write. */
void print_to_nobody(bool nobody);

void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* As it is, without a format: JSON goes through here byte for byte. */
void print_text(const char *text, size_t length);

/* JSON (RFC 8259) onto the same page.  A key is NULL inside an array. */
void json_open(const char *key, char bracket);          /* '{' or '[' */
void json_close(char bracket);                          /* '}' or ']' */
void json_text(const char *key, const char *value);
void json_number(const char *key, int64_t value);
void json_flag(const char *key, bool value);
void json_null(const char *key);

/* Bytes of a guest's, raw, at once and not at the end; finish() adds what was printed besides.  False, and
 * finish() knows, when nobody takes them. */
bool print_raw(const char *bytes, size_t length);

/* ---- audit: AUTHPRIV records to /dev/log, which never hold anything up ---- */

/* Before the cage: connects FD_AUDIT.  A host without a /dev/log has no records, and no error. */
void audit_open(void);

/* The record before a verb acts, with every operand, escaped; a caller of NULL is root by hand.  From here
 * on finish() and die() write the one after it. */
void audit_begin(const char *caller, const char *verb, char *const operands[]);
void audit_end(enum code code, enum reason reason);

/* There will be no such record from this process. */
void audit_leave(void);

/* Writes printable ASCII as it is and every other byte, and the backslash, as \xNN.  Always ends
 * out with a NUL; cuts at a whole escape.  Gives the number of bytes written. */
size_t escape(char *out, size_t size, const char *bytes, size_t length);
