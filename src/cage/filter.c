/*
 * filter.c: the system calls that stay, as an allow-list; for an executed program, a deny-list.
 */
#include "cage/cage.h"

#include "say/say.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Calls that libseccomp 2.5.4 does not know by name: they came after Linux 5.17, or will come.  A
 * newer libc tries them and falls back on ENOSYS; SIGSYS would kill it. */
enum { FIRST_UNKNOWN_CALL = 451, LAST_UNKNOWN_CALL = 511 };

static void
must(int rc, const char *what)
{
	if (rc < 0)
		die(REASON_CONFINEMENT, "cannot build the system call filter: %s: %s", what,
		    strerrordesc_np(-rc));
}

static bool
is_named(const struct call *calls, int nr)
{
	for (; calls && calls->name; calls++)
		if (calls->nr == nr)
			return true;
	return false;
}

static bool
lets_through(const struct call *calls, int nr)
{
	for (; calls && calls->name; calls++)
		if (calls->nr == nr && !calls->answer)
			return true;
	return false;
}

static void
answer(scmp_filter_ctx filter, const struct call *calls, const struct keep *keep)
{
	for (; calls && calls->name; calls++) {
		uint32_t action = calls->answer ? SCMP_ACT_ERRNO((unsigned)calls->answer) : SCMP_ACT_ALLOW;
		struct scmp_arg_cmp narrowed = {
			.arg = (unsigned)calls->arg, .op = SCMP_CMP_MASKED_EQ,
			.datum_a = calls->mask, .datum_b = calls->value,
		};

		/* What the row of an executed program names without an answer is let through, whatever
		 * keep_from_programs says. */
		if (keep->executes && (!calls->answer || lets_through(keep->calls, calls->nr)))
			continue;
		if (calls->arg == ANY_ARGUMENTS)
			must(seccomp_rule_add(filter, action, calls->nr, 0), calls->name);
		else
			must(seccomp_rule_add_array(filter, action, calls->nr, 1, &narrowed),
			     calls->name);
	}
}

void
cage_filter(const struct keep *keep)
{
	/* libseccomp answers a foreign architecture, x32 included, with its "bad arch" action. */
	scmp_filter_ctx filter = seccomp_init(keep->executes ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);

	if (!filter)
		die(REASON_CONFINEMENT, "cannot build the system call filter");
	must(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "bad arch");
	must(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
	answer(filter, keep->executes ? keep_from_programs : keep_always, keep);
	answer(filter, keep->calls, keep);
	/* Its flags lie behind a pointer, where no filter can look. */
	must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
	for (int nr = FIRST_UNKNOWN_CALL; nr <= LAST_UNKNOWN_CALL; nr++)
		if (!is_named(keep->calls, nr))
			must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), nr, 0), "later calls");
	/* It frees memory once the filter is in force: a heap that shrank then would ask for brk or
	 * munmap, and die.  Whether it does depends on its size and on where it happens to begin. */
	(void)mallopt(M_TRIM_THRESHOLD, -1);
	must(seccomp_load(filter), "load");
	/* Read back: without our filter the kernel answers this with EINVAL. */
	if (syscall(SYS_clone3, NULL, 0UL) != -1 || errno != ENOSYS)
		die(REASON_CONFINEMENT, "the system call filter is not in force");
}
