/*
 * binary.h: the configured firecracker and jailer.
 */
#pragma once

#include "gate/gate.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct binary_found {
	char path[PATH_MAX + 32];       /* absolute, also where a bare name was configured */
	size_t bad;                     /* after an error: the length of the part that it is about */
};

/* Finds a configured binary: at its absolute path, or, a bare name, in the first of /usr/local/bin,
 * /usr/bin and /opt/banger/bin that has one; the environment has no say.  It must be a regular,
 * executable file of root's that nobody else may write and that is neither setuid nor setgid, and so
 * must every directory on the way; no symlink anywhere.
 *
 * Gives an O_PATH descriptor to execute it by (execveat(2), AT_EMPTY_PATH), which the caller closes,
 * or -ENOENT, -ELOOP, -EPERM (somebody else may change it), -EMEDIUMTYPE (not such a file), or what
 * the kernel said. */
int binary_open(enum binary which, const struct settings *settings, struct binary_found *found);

/* Whether an error of binary_open's is about the file or the way to it, and so has words and a remedy; the kernel's
 * other troubles have not. */
bool binary_has_fault(int rc);

/* What is wrong with that part of the path, and in command the install(1) command that mends it ("" where no
 * command does). */
const char *binary_fault(int rc, const struct binary_found *found, char *command, size_t size);

/* Finds one and looks into it: its bytes, and whether it wants a loader (elf.h).  0, -ENOEXEC, or an error
 * of binary_open's. */
struct binary_content { uint64_t bytes; bool wants_loader; };
int binary_look(enum binary which, const struct settings *settings, struct binary_found *found,
		struct binary_content *content);

/* What is wrong, and the install(1) command that mends it, for exit code 4. */
void binary_remedy(int rc, const struct binary_found *found, char *out, size_t size);
