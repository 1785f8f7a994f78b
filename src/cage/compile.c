/*
 * compile.c: the system calls that stay, as an allow-list; for an executed program, a deny-list.
 *
 * Not in the program: the build runs it, and links in what it gives for each row (filters.c).  Tests that
 * change a row link this in its place.
 */
#include "cage/filter.h"

#include "say/say.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Calls that libseccomp 2.5.4 does not know by name: they came after Linux 5.17, or will come.  A
 * newer libc tries them and falls back on ENOSYS; SIGSYS would kill it. */
enum { FIRST_UNKNOWN_CALL = 451, LAST_UNKNOWN_CALL = 511, LATER_MAX = 8 };
enum { PROGRAM_MAX = 256 /* what a jump reaches */, FIRST_OF_X32 = 0x40000000 };

#define LOAD(field) { BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, field) }
#define JUMP(how, value, to, else_to) { BPF_JMP | (how) | BPF_K, to, else_to, value }
#define ANSWER(number) { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | (number) }

static void
must(int rc, const char *what)
{
	if (rc < 0)
		die(REASON_CONFINEMENT, "cannot build the system call filter: %s: %s", what,
		    strerrordesc_np(-rc));
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

/* Where in libseccomp's program the architecture is known to be ours and the call none of x32, and its number is
 * loaded. */
static unsigned
begins(const struct sock_fprog *program)
{
	const struct sock_filter expected[] = {
		LOAD(arch), JUMP(BPF_JEQ, seccomp_arch_native(), 0, 0), LOAD(nr),
#ifdef __x86_64__
		JUMP(BPF_JGE, FIRST_OF_X32, 0, 0), JUMP(BPF_JEQ, UINT32_MAX, 0, 0), LOAD(nr),
#endif
	};
	unsigned count = sizeof(expected) / sizeof(expected[0]);

	for (unsigned i = 0; i < count; i++)
		if (i >= program->len || program->filter[i].code != expected[i].code ||
		    program->filter[i].k != expected[i].k)
			die(REASON_CONFINEMENT, "libseccomp's program does not begin as expected, at %u", i);
	return count;
}

/* Calls from after the library, but those of the row: a range, of which libseccomp would make sixty leaves and two
 * thirds of the program, which the kernel compiles in every call of ours and asks about every number that there is.
 * tests/gate holds what comes of it against the row. */
static unsigned
later_calls(const struct keep *keep, struct sock_filter *out)
{
	unsigned count = 0;

	out[count++] = (struct sock_filter)JUMP(BPF_JGE, FIRST_UNKNOWN_CALL, 0, 0);
	for (const struct call *call = keep->calls; call && call->name[0]; call++) {
		if (call->nr < FIRST_UNKNOWN_CALL)
			continue;
		if (count == LATER_MAX - 2)
			must(-E2BIG, "later calls");
		out[count++] = (struct sock_filter)JUMP(BPF_JEQ, (uint32_t)call->nr, 0, 0);
	}
	out[count++] = (struct sock_filter)JUMP(BPF_JGT, LAST_UNKNOWN_CALL, 0, 0);
	out[count++] = (struct sock_filter)ANSWER(ENOSYS);
	/* Past it all when the first is not so, or one of the others is. */
	out[0].jf = (uint8_t)(count - 1);
	for (unsigned i = 1; i < count - 1; i++)
		out[i].jt = (uint8_t)(count - 1 - i);
	return count;
}

/* libseccomp's program with them in it. */
static struct sock_fprog
with_later_calls(struct sock_fprog program, const struct keep *keep)
{
	static struct sock_filter all[PROGRAM_MAX];
	struct sock_filter later[LATER_MAX];
	unsigned at = begins(&program), count = later_calls(keep, later);

	if (program.len + count > PROGRAM_MAX)
		die(REASON_CONFINEMENT, "a filter of %u instructions", program.len + count);
	memcpy(all, program.filter, at * sizeof(all[0]));
	memcpy(all + at, later, count * sizeof(all[0]));
	memcpy(all + at + count, program.filter + at, (program.len - at) * sizeof(all[0]));
	/* What jumped over the place still does. */
	for (unsigned i = 0; i < at; i++) {
		if (BPF_CLASS(all[i].code) != BPF_JMP)
			continue;
		all[i].jt = (uint8_t)(all[i].jt + (i + 1 + all[i].jt > at ? count : 0));
		all[i].jf = (uint8_t)(all[i].jf + (i + 1 + all[i].jf > at ? count : 0));
	}
	return (struct sock_fprog){ .len = (unsigned short)(program.len + count), .filter = all };
}

/* What it gives holds until the next call. */
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
	program = with_later_calls(exported(filter), keep);
	seccomp_release(filter);
	return program;
}
