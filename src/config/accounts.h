/*
 * accounts.h: names of users to ids.
 */
#pragma once

#include "gate/settings.h"

/* Fills the ids of owner and admins from /etc/passwd, and vm_uid and vm_gid from the owner where
 * they are not configured.  Not through NSS: its modules (LDAP, sssd) would be opened in a root
 * process for every call; who lives there is configured by number, with a gid of the same number.
 * False, with why, when a name is not there, is root's or nobody's, or the owner has root's group; the owner is
 * not known then. */
bool accounts_look_up(struct settings *settings, char *why, size_t why_size);
