/*
 * libraries.h: what a dynamically linked program finds its libraries by, in a chroot.
 */
#pragma once

#include "sys/chroot.h"

/* Mounts the host's library directories, all of them root's, read-only at their places in the chroot, and
 * makes the links that lead to them where a merged /usr has links.  0 or -errno. */
int libraries_add(const struct chroot *chroot);
