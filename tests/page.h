/*
 * page.h: the manual pages of this build.
 */
#pragma once

#include "gate/settings.h"

/* Copies a template from stdin to stdout.  In the place of a line @VERBS@ or @REASONS@ it has what the rows say of
 * each, and of @KEY@ what the configuration says of that key. */
void page_write(const struct settings *settings);
