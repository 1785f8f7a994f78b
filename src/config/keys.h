/*
 * keys.h: the keys of the configuration, by their place in priv.conf(5), each with its gate and its default.
 */
#pragma once

#include "gate/settings.h"

#include <stddef.h>

enum { KEYS_MAX = 32 };

#define KEY_NONE ((size_t)KEYS_MAX)

/* Its place, or KEY_NONE. */
size_t key_find(const char *name);

/* NULL behind the last. */
const char *key_name(size_t index);

/* The default, as the file would have it; "" is none. */
const char *key_standard(size_t index);

/* What completes "KEY must be "; lasts until the next call. */
const char *key_want(size_t index);

/* Through the key's gate into *settings; false when it does not admit the value. */
bool key_take(size_t index, const char *value, struct settings *settings);

/* *settings as with an empty file, before accounts are looked up. */
void keys_set_defaults(struct settings *settings);

/* Dies (config) unless the built-in defaults pass the gates that a file's values pass.  The build calls it, so
 * that no call need do so again: that would be most of what it costs. */
void keys_check_defaults(void);

/* Whether values that are good by themselves are so together; else why not. */
bool keys_fit_together(const struct settings *settings, char *why, size_t why_size);
