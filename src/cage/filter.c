/*
 * filter.c: puts the filter of a row in force.
 */
#include "cage/filter.h"

#include "cage/cage.h"
#include "say/say.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>

void
cage_filter(const struct keep *keep)
{
	struct sock_fprog program = filter_of(keep);

	/* A heap that shrank behind the filter would ask for brk or munmap, and die.  Whether it does depends on
	 * its size and on where it happens to begin. */
	(void)mallopt(M_TRIM_THRESHOLD, -1);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &program) < 0)
		die(REASON_CONFINEMENT, "cannot install the system call filter");
	/* Read back: without our filter the kernel answers this with EINVAL. */
	if (syscall(SYS_clone3, NULL, 0UL) != -1 || errno != ENOSYS)
		die(REASON_CONFINEMENT, "the system call filter is not in force");
}
