/*
 * config.h: /etc/banger/priv.conf, or the built-in defaults, as gated types.
 */
#pragma once

#include "gate/settings.h"
#include "say/say.h"

/* Fills *settings from the file, or from the defaults where there is none.  A file that is not
 * root's alone, an unknown key, a bad value: with strict, dies (config); else remarks that the
 * defaults are used, and uses them. */
void config_load(struct settings *settings, bool strict);

/* What kept config_load from using the file: the line (0: none, and the file or an account is meant), the errno
 * (0: its text), and the reason; NULL when it was used. */
const char *config_complaint(unsigned *line, int *error);

/* The pure part: defaults, then text over them.  False with the line (0: none) and the reason in
 * why.  Account names are not looked up. */
bool config_parse(const char *text, size_t length, struct settings *settings, char *why,
		  size_t why_size);
