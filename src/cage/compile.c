/*
 * compile.c: the system calls that stay, as an allow-list; for an executed program, a deny-list.
 *
 * Not in the program: the build runs it, and links in what it gives for each row (filters.c).  Tests that
 * change a row link this in its place.
 */
#include "cage/filter.h"

#include "say/say.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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
	for (; calls && calls->name[0]; calls++)
		if (calls->nr == nr)
			return true;
	return false;
}

static bool
lets_through(const struct call *calls, int nr)
{
	for (; calls && calls->name[0]; calls++)
		if (calls->nr == nr && !calls->answer)
			return true;
	return false;
}

static void
answer(scmp_filter_ctx filter, const struct call *calls, const struct keep *keep)
{
	for (; calls && calls->name[0]; calls++) {
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

/* The program that libseccomp wrote to a file in memory. */
static struct sock_fprog
exported(scmp_filter_ctx filter)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat status = { 0 };
	void *program;

	if (fd < 0)
		must(-errno, "memory");
	must(seccomp_export_bpf(filter, fd), "export");
	if (fstat(fd, &status) < 0)
		must(-errno, "size");
	program = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (program == MAP_FAILED)
		must(-errno, "map");
	close(fd);
	return (struct sock_fprog){
		.len = (unsigned short)((size_t)status.st_size / sizeof(struct sock_filter)), .filter = program,
	};
}

struct sock_fprog
filter_of(const struct keep *keep)
{
	/* libseccomp answers a foreign architecture, x32 included, with its "bad arch" action. */
	scmp_filter_ctx filter = seccomp_init(keep->executes ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
	struct sock_fprog program;

	if (!filter)
		must(-ENOMEM, "begin");
	must(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "bad arch");
	must(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
	answer(filter, keep->executes ? keep_from_programs : keep_always, keep);
	answer(filter, keep->calls, keep);
	/* Its flags lie behind a pointer, where no filter can look. */
	must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
	for (int nr = FIRST_UNKNOWN_CALL; nr <= LAST_UNKNOWN_CALL; nr++)
		if (!is_named(keep->calls, nr))
			must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), nr, 0), "later calls");
	program = exported(filter);
	seccomp_release(filter);
	return program;
}
