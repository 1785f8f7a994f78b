/*
 * handover.h: a chroot that prepare-jailer-chroot made, handed over to the jailer, once.
 *
 * Until then its top belongs to the VM's ids, and with one uid for all of them that is the owner,
 * who may have put anything there.  The jailer works in it as root and trusts what it finds.
 */
#pragma once

#include "gate/gate.h"

#include <sys/types.h>

struct prepared {
	int root;               /* the chroot's top: O_PATH */
	int sockets;            /* the VM's socket directory: O_PATH */
	uid_t uid;              /* what the VM will run as */
	gid_t gid;
};

/* Finds it: a tmpfs that root mounted on jail_dir/firecracker/VM_ID/root, and one on sockets beside it.
 * The descriptors stay open, O_CLOEXEC.  -ENOENT (not prepared), -EPERM (its ids are none of the
 * configured ones: it has been handed over and not taken), or -errno. */
int handover_find(const struct vm_id *vm, const struct settings *settings, struct prepared *prepared);

bool handover_is_marked(const struct prepared *prepared);

/* Marks it as handed over: with a trusted attribute (xattr(7)), which takes CAP_SYS_ADMIN to make and
 * to remove, so that neither VM nor owner can.  -EEXIST when it has been before. */
int handover_mark(const struct prepared *prepared);

/* Takes the top away from the VM's ids until the jailer gives it back, and looks whether anything
 * there is in the jailer's way or could lead it astray.  -ENOTEMPTY when there is. */
int handover_take(const struct prepared *prepared);

/* The last step, when the VM runs: lets the owner through to the VM's socket directory.  Until then the
 * VM's directory is root's alone, and the jailer, which works as root below it, meets nothing that
 * somebody else has put there. */
int handover_open_way(const struct vm_id *vm, const struct settings *settings);
