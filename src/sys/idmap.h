/*
 * idmap.h: a user namespace that stands for "the owner's files are the VM's" in an ID-mapped mount.
 */
#pragma once

#include <sys/types.h>

/* A user namespace with one uid and one gid in it: what is from_* on disk is to_* where a mount is
 * mapped with it (mount_setattr(2), user_namespaces(7)).  A descriptor of it that the caller closes, or
 * -errno.  No process stays in it. */
int idmap_open(uid_t from_uid, uid_t to_uid, gid_t from_gid, gid_t to_gid);

#define IDMAP_CALLS \
	CALL(clone, "a child whose only purpose is its user namespace"), \
	CALL_IF(prctl, 0, PR_SET_DUMPABLE, "so that its namespace can be opened"), \
	CALL(wait4, "its end")
