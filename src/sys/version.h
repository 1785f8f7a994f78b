/*
 * version.h: versions, as kernels and programs write them.
 */
#pragma once

/* The numbers, with dots between them, that begin with the first digit of text: at most count of them into
 * out.  Gives how many there were. */
unsigned version_read(const char *text, unsigned long *out, unsigned count);
