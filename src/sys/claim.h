/*
 * claim.h: whether the process of a number is a firecracker of ours, and the one that is meant.
 */
#pragma once

#include "gate/gate.h"

#include <sys/types.h>

/* What the caller says about a process besides its number; NULL: nothing. */
struct claim {
	const struct vm_id *vm;
	const struct socket_path *socket;       /* its API socket */
};

/* Whether process `pid`, which the caller holds a pidfd on, is
 *  - one in the cgroup of a VM, where the owner can move nothing, and not root's, as the jailer is;
 *  - otherwise one whose executable's inode is the configured firecracker's or that of its copy in
 *    the VM's jail, that runs as root, the owner or one of vm_uid, and whose command line names
 *    firecracker: further conditions, since an escaped VMM can rewrite it, and the copy;
 * and the one that the claim is about.
 * 0, -EPERM (not ours, or not that one), -EXDEV (a mount over that VM's copy, which the owner can make where the VM
 * has its uid: it hides whether it is that one), or -errno. */
int claim_check(pid_t pid, const struct claim *claim, const struct settings *settings);
