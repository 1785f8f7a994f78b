/*
 * kernel.h: whether this kernel is one that the checks can rest on.
 */
#pragma once

#include <stdbool.h>

enum { KERNEL_MAJOR = 6, KERNEL_MINOR = 1 };

/* Tries the calls without which no verb is safe, with arguments that make each of them fail.  A handle:
 * no cage needs to let them through for that. */
int kernel_try(void);

/* The name of one that this kernel does not know, or NULL. */
const char *kernel_lacks(void);

/* Whether it is as new as it must be; *release is what it calls itself. */
bool kernel_is_new_enough(const char **release);
