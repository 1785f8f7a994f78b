/*
 * mnl.h: libmnl, under its own names.
 *
 * Not linked in but opened, by the verbs that use it and before the cage closes: Debian ships no
 * archive of it, and every library loaded with the program is paid for by every verb.
 */
#pragma once

#include <libmnl/libmnl.h>

/* Before any other of these functions, once or more often.  0, or -ELIBACC when the library is not there. */
int mnl_open(void);
