/*
 * modern.c: those of Linux 4.5 and later that some verb makes, or might.
 */
#include "sweep/modern.h"

#include <stddef.h>
#include <sys/syscall.h>

const struct modern modern[] = {
	{ "openat2", SYS_openat2 }, { "statx", SYS_statx }, { "mount_setattr", SYS_mount_setattr },
	{ "open_tree", SYS_open_tree }, { "move_mount", SYS_move_mount }, { "fsopen", SYS_fsopen },
	{ "fsconfig", SYS_fsconfig }, { "fsmount", SYS_fsmount },
	{ "pidfd_open", SYS_pidfd_open }, { "pidfd_send_signal", SYS_pidfd_send_signal },
	{ "close_range", SYS_close_range }, { "fchmodat2", 452 }, { "statmount", 457 }, { "listmount", 458 },
	{ "landlock_create_ruleset", SYS_landlock_create_ruleset }, { "faccessat2", SYS_faccessat2 },
	{ "clone3", SYS_clone3 }, { "renameat2", SYS_renameat2 }, { NULL, -1 },
};
