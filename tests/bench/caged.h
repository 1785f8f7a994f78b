/*
 * caged.h: the calls with which every verb undoes what it inherited, reads its configuration, gives up what it does not
 * keep and reads that back; no answer is looked at.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { NOBODY = 65534, OWNER = 1900 };

/* As tidy.c, config.c and accounts.c. */
void caged_begin(void);

/* Empties the bounding set.  Once is enough: children inherit what is left. */
void caged_bound(void);

/* As cage_close, after that; kept is a set of capabilities. */
void caged_close(unsigned uid, uint64_t kept);

/* To stdout, as message.c; 0 when it worked. */
int caged_answer(const void *bytes, size_t length);
