/*
 * kernel.c: uname(2), and calls that cannot succeed.
 */
#include "sys/kernel.h"

#include "sys/version.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *lacking;

int
kernel_try(void)
{
	static const struct { long nr; const char *name; } calls[] = {
		{ SYS_openat2, "openat2" }, { SYS_pidfd_open, "pidfd_open" },
		{ SYS_pidfd_send_signal, "pidfd_send_signal" }, { SYS_execveat, "execveat" },
		{ SYS_open_tree, "open_tree" }, { SYS_move_mount, "move_mount" }, { SYS_fsopen, "fsopen" },
		{ SYS_fsmount, "fsmount" }, { SYS_mount_setattr, "mount_setattr" },
		{ SYS_name_to_handle_at, "name_to_handle_at" },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && !lacking; i++)
		if (syscall(calls[i].nr, -1L, NULL, 0L, NULL, 0L) < 0 && errno == ENOSYS)
			lacking = calls[i].name;
	return 0;
}

const char *
kernel_lacks(void)
{
	return lacking;
}

bool
kernel_is_new_enough(const char **release)
{
	static struct utsname name;
	unsigned long number[2] = { 0, 0 };

	uname(&name);
	*release = name.release;
	version_read(name.release, number, 2);
	return number[0] > KERNEL_MAJOR || (number[0] == KERNEL_MAJOR && number[1] >= KERNEL_MINOR);
}
