/*
 * id-range.h: who else may use the ids that VMs run as.
 */
#pragma once

#include "gate/settings.h"

#include <stdbool.h>
#include <stddef.h>

/* Who has ids in that range: a line of `file` (/etc/subuid or /etc/subgid, subuid(5)), or an account of
 * /etc/passwd whose uid (or gid) it is.  1 with who and where in out, 0, or -errno. */
int id_range_taken(const struct id_range *range, bool gids, char *out, size_t size);

/* A range of 65536 ids that nobody has, far above what adduser(8) and systemd give out.  0 or -errno; -ENOENT
 * when there is none. */
int id_range_free(struct id_range *out);
