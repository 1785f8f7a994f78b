/*
 * report.h: what `check` says of a thing: a line for people, or an object of JSON.
 */
#pragma once

#include "say/say.h"

#include <limits.h>

/* NOTE: fit, but there is something to know.  UNSEEN: not to be seen without more rights. */
enum state { OK, NOTE, UNSEEN, WRONG };

/* Long enough for a command with two paths. */
enum { REPORT_BYTES = 3 * PATH_MAX };

void report_begin(bool json, bool colourful);

/* What the following lines are about: a word. */
void report_subject(const char *word);

/* command is what mends it, or NULL. */
void report(enum state state, const char *command, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* For an error of trusted_open's or trusted_open_parent's but -ENOENT: the part of a path that others than
 * root have a say in. */
void report_untrusted(int rc, const char *path, size_t bad);

/* CODE_UNSAFE when something was wrong. */
enum code report_end(void);
