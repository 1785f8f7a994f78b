/*
 * filter.h: a row's system calls as a program for the kernel.
 */
#pragma once

#include "keep.h"

#include <linux/filter.h>

/* Answers a call of another architecture, x32 included, and one that the row does not keep with
 * SECCOMP_RET_KILL_PROCESS; clone3, and calls from after the library, with ENOSYS.  For a row that executes: all
 * but the denied ones are let through.  Dies (confinement).  seccomp(2). */
struct sock_fprog filter_of(const struct keep *keep);
