/*
 * inject ACTION CALL WHEN COMMAND...: runs COMMAND and, at the WHEN-th CALL that it or a child of it makes
 * ("any" is every system call, "caged" every one after the first filter was installed; WHEN+ is that one and
 * all that come after it), does ACTION: kill;
 * abandon, which kills COMMAND while what it started goes on; fail:ERRNO; become:CALL, another call with the
 * same arguments; alter:INDEX:VALUE, the same call with another argument; do:SHELL, what the shell does while
 * the call waits.  inject count CALL 0 COMMAND prints how many there are.  Exits as COMMAND does, 128 + n for
 * a signal; 125 when the call never came.
 *
 * strace injects errors by asking for system call -1, which a filter that allows no such call answers with
 * SIGSYS.  This asks for close(-1) instead, which every cage keeps.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANY = -1, CAGED = -2, UNKNOWN = -3 };
enum { NEVER_CAME = 125, BAD_USE = 126, TRACEES = 256 };

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
	pid_t first;            /* COMMAND itself */
	int counting;
	int armed;              /* COMMAND has been executed */
	int caged;              /* a filter was installed */
} want;

static struct tracee {
	pid_t pid;
	int inside;             /* between the entry and the exit of a call */
	int fresh;              /* 1: has yet to come to the stop that it begins with */
	int failing;
	unsigned long long first_argument;      /* of the call that fails: libc counts on finding it again */
} tracees[TRACEES];

static struct tracee *
tracee_of(pid_t pid)
{
	struct tracee *free_one = NULL;

	for (size_t i = 0; i < TRACEES; i++) {
		if (tracees[i].pid == pid)
			return &tracees[i];
		if (!tracees[i].pid && !free_one)
			free_one = &tracees[i];
	}
	if (!free_one)
		exit(BAD_USE);
	*free_one = (struct tracee){ .pid = pid };
	return free_one;
}

static unsigned long long *
argument_of(struct user_regs_struct *regs, int index)
{
	unsigned long long *const arguments[] = {
		&regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8, &regs->r9,
	};

	return arguments[index];
}

static void
at_entry(struct tracee *tracee, struct user_regs_struct *regs)
{
	int was_caged = want.caged;

	if (regs->orig_rax == SYS_seccomp && regs->rdi == SECCOMP_SET_MODE_FILTER)
		want.caged = 1;
	if (!want.armed || (want.call == CAGED && !was_caged) ||
	    (want.call >= 0 && (long)regs->orig_rax != want.call))
		return;
	/* The end cannot fail. */
	if (want.error && (regs->orig_rax == SYS_exit_group || regs->orig_rax == SYS_exit))
		return;
	want.seen++;
	if (want.counting || (want.ever_after ? want.seen < want.when : want.seen != want.when))
		return;
	/* It has no errno: libc takes what it answers for the end of the heap. */
	if (want.error && regs->orig_rax == SYS_brk)
		return;
	if (want.shell) {
		if (system(want.shell) != 0)
			exit(BAD_USE);
		return;
	}
	if (want.error) {
		tracee->first_argument = regs->rdi;
		/* close(2): what cannot be closed is closed all the same. */
		if (regs->orig_rax != SYS_close)
			regs->rdi = (unsigned long long)-1;
		regs->orig_rax = SYS_close;
		tracee->failing = 1;
	} else if (want.become != -1) {
		regs->orig_rax = (unsigned long long)want.become;
	} else if (want.argument != -1) {
		*argument_of(regs, want.argument) = want.value;
	} else {
		kill(want.abandon ? want.first : tracee->pid, SIGKILL);
		return;
	}
	ptrace(PTRACE_SETREGS, tracee->pid, NULL, regs);
}

static void
at_call(struct tracee *tracee)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, tracee->pid, NULL, &regs) < 0)
		return;
	tracee->inside = !tracee->inside;
	if (tracee->inside) {
		at_entry(tracee, &regs);
	} else if (tracee->failing) {
		tracee->failing = 0;
		regs.rax = (unsigned long long)-want.error;
		regs.rdi = tracee->first_argument;
		ptrace(PTRACE_SETREGS, tracee->pid, NULL, &regs);
	}
}

static int
any_fresh(void)
{
	for (size_t i = 0; i < TRACEES; i++)
		if (tracees[i].pid && tracees[i].fresh > 0)
			return 1;
	return 0;
}

/* What a call like fork has made.  Left alone before its first stop, it would stay stopped for ever. */
static void
meet(pid_t parent)
{
	unsigned long pid;

	if (ptrace(PTRACE_GETEVENTMSG, parent, NULL, &pid) == 0 && kill((pid_t)pid, 0) == 0)
		tracee_of((pid_t)pid)->fresh++;
}

/* Until the first child has ended; its wait status. */
static int
follow(pid_t first)
{
	int status, status_of_first = -1;
	pid_t pid;

	while ((status_of_first < 0 || any_fresh()) && (pid = waitpid(-1, &status, __WALL)) > 0) {
		int deliver = 0;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == first)
				status_of_first = status;
			if (pid == first && !want.abandon)
				return status;
			tracee_of(pid)->pid = 0;
			continue;
		}
		if (WSTOPSIG(status) == SIGSTOP && status >> 16 == 0) {
			/* It may have come here before its parent came to say so. */
			tracee_of(pid)->fresh--;
		} else if (status >> 16 == PTRACE_EVENT_FORK || status >> 16 == PTRACE_EVENT_VFORK ||
			   status >> 16 == PTRACE_EVENT_CLONE) {
			meet(pid);
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			at_call(tracee_of(pid));
		else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP)
			deliver = WSTOPSIG(status);
		if (status >> 16 == PTRACE_EVENT_EXEC)
			want.armed = 1;
		ptrace(PTRACE_SYSCALL, pid, NULL, (long)deliver);
	}
	return status_of_first < 0 ? 0 : status_of_first;
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
	int status;
	pid_t child;

	if (argc < 5)
		return BAD_USE;
	if (!read_wish(argv) || want.call == UNKNOWN)
		return BAD_USE;
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[4], argv + 4);
		_exit(BAD_USE);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return BAD_USE;
	want.first = child;
	ptrace(PTRACE_SETOPTIONS, child, NULL, (long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
	       PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
	       (want.abandon ? 0 : PTRACE_O_EXITKILL)));
	ptrace(PTRACE_SYSCALL, child, NULL, NULL);
	status = follow(child);
	if (want.counting) {
		printf("%lu\n", want.seen);
		return 0;
	}
	if (want.seen < want.when)
		return NEVER_CAME;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
