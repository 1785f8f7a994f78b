/*
 * filters.h: a row's filter against what the row says.
 */
#pragma once

#include "keep.h"

/* How many calls it answers otherwise than it must; adds to *tried how many there were. */
unsigned check_filter(const struct keep *keep, unsigned long *tried);
