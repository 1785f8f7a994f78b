/*
 * inject ACTION CALL WHEN COMMAND...: runs COMMAND and, at the WHEN-th CALL that it or a child of it makes
 * ("any" is every system call, "caged" every one after the first filter was installed, but for those with which
 * another process closes its cage, at the same time perhaps; WHEN+ is that one and all that come after it), does
 * ACTION: kill; abandon, which kills COMMAND while what it started goes on; fail:ERRNO; become:CALL, another call with the
 * same arguments; alter:INDEX:VALUE, the same call with another argument; do:SHELL, what the shell does while
 * the call waits.  inject count CALL 0 COMMAND prints how many there are.  Exits as COMMAND does, 128 + n for
 * a signal; 125 when the call never came.
 */
#include "tracer.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { ANY = -1, CAGED = -2, UNKNOWN = -3 };
enum { NEVER_CAME = 125, BAD_USE = 126 };

static struct {
	long call;              /* or ANY, or CAGED */
	unsigned long when, seen;
	int ever_after;
	int error;              /* of fail */
	long become;            /* -1 is none */
	int argument;           /* of alter; -1 is none */
	unsigned long long value;
	const char *shell;      /* of do */
	int abandon;
	int counting;
	int caged;              /* a filter was installed */
} want;

/* The end cannot fail; and brk has no errno: libc takes what it answers for the end of the heap. */
static bool
cannot_fail(unsigned long long call)
{
	return call == SYS_exit_group || call == SYS_exit || call == SYS_brk;
}

static bool
act(const struct tracer *tracer, struct tracee *tracee, struct user_regs_struct *regs)
{
	if (want.error) {
		tracee->answer = cannot_fail(regs->orig_rax) ? 0 : want.error;
		return false;
	}
	if (want.become != -1) {
		regs->orig_rax = (unsigned long long)want.become;
		return true;
	}
	if (want.argument != -1) {
		*tracer_argument(regs, want.argument) = want.value;
		return true;
	}
	if (!want.shell)
		kill(want.abandon ? tracer->first : tracee->pid, SIGKILL);
	else if (system(want.shell) != 0)
		exit(BAD_USE);
	return false;
}

/* As cage.c.  How many there are after the first filter would not be the same each time. */
static bool
closes_cage(long call)
{
	static const long calls[] = {
		SYS_prctl, SYS_geteuid, SYS_setns, SYS_getresuid, SYS_getresgid, SYS_setgroups, SYS_getgroups, SYS_setresgid,
		SYS_setresuid, SYS_capset, SYS_capget, SYS_getrandom, SYS_seccomp,
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i] == call)
			return true;
	return false;
}

static bool
at_call(struct tracer *tracer, struct tracee *tracee, struct user_regs_struct *regs)
{
	int was_caged = want.caged;

	if (regs->orig_rax == SYS_seccomp && regs->rdi == SECCOMP_SET_MODE_FILTER)
		want.caged = 1;
	if (want.call >= 0 && (long)regs->orig_rax != want.call)
		return false;
	if (want.call == CAGED && (!was_caged || (!tracee->caged && closes_cage((long)regs->orig_rax))))
		return false;
	/* Nor is it counted among those that can. */
	if (want.error && (regs->orig_rax == SYS_exit_group || regs->orig_rax == SYS_exit))
		return false;
	want.seen++;
	return !want.counting && (want.ever_after ? want.seen >= want.when : want.seen == want.when) &&
	       act(tracer, tracee, regs);
}

/* A name, or a number for what libseccomp does not know. */
static long
resolve(const char *call)
{
	char *end;
	long number = strtol(call, &end, 0);

	if (end != call && !*end)
		return number;
	if (strcmp(call, "fchmodat2") == 0)
		return 452;
	if (strcmp(call, "any") == 0)
		return ANY;
	if (strcmp(call, "caged") == 0)
		return CAGED;
	number = seccomp_syscall_resolve_name(call);
	return number < 0 ? UNKNOWN : number;
}

static int
error_of(const char *name)
{
	for (int error = 1; error < 134; error++)
		if (strerrorname_np(error) && strcmp(strerrorname_np(error), name) == 0)
			return error;
	return 0;
}

static int
read_wish(char *argv[])
{
	const char *action = argv[1];
	char *rest;

	want.call = resolve(argv[2]);
	want.when = strtoul(argv[3], &rest, 10);
	want.ever_after = *rest == '+';
	want.become = want.argument = -1;
	if (strcmp(action, "count") == 0)
		return want.counting = 1;
	if (strncmp(action, "fail:", 5) == 0)
		return want.error = error_of(action + 5);
	if (strncmp(action, "become:", 7) == 0)
		return (want.become = resolve(action + 7)) >= 0;
	if (strncmp(action, "alter:", 6) == 0) {
		want.argument = (int)strtol(action + 6, &rest, 10);
		want.value = strtoull(rest + 1, NULL, 0);
		return want.argument >= 0 && want.argument < 6;
	}
	if (strncmp(action, "do:", 3) == 0)
		return (want.shell = action + 3) != NULL;
	if (strcmp(action, "abandon") == 0)
		return want.abandon = 1;
	return strcmp(action, "kill") == 0;
}

int
main(int argc, char *argv[])
{
	struct tracer tracer = { .start = FROM_EXEC, .programs_too = true, .at_call = at_call };
	int status;

	if (argc < 5 || !read_wish(argv) || want.call == UNKNOWN)
		return BAD_USE;
	tracer.first_only = !want.abandon;
	if (!tracer_begin(&tracer, argv + 4, NULL))
		return BAD_USE;
	status = tracer_follow(&tracer);
	if (want.counting) {
		printf("%lu\n", want.seen);
		return 0;
	}
	if (want.seen < want.when)
		return NEVER_CAME;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
