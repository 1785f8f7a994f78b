/*
 * tracer.c: ptrace(2), for what injects, sweeps and races.
 *
 * strace injects errors by asking for system call -1, which a filter that allows no such call answers with
 * SIGSYS.  This asks for close(-1) instead, which every cage keeps.
 */
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRACEES = 256 };

static struct tracee tracees[TRACEES];

static struct tracee *
tracee_find(pid_t pid)
{
	for (size_t i = 0; i < TRACEES; i++)
		if (tracees[i].pid == pid)
			return &tracees[i];
	return NULL;
}

static struct tracee *
tracee_of(pid_t pid)
{
	struct tracee *tracee = tracee_find(pid);

	if (tracee)
		return tracee;
	tracee = tracee_find(0);
	if (!tracee)
		abort();
	*tracee = (struct tracee){ .pid = pid };
	return tracee;
}

unsigned long long *
tracer_argument(struct user_regs_struct *regs, int index)
{
	unsigned long long *const arguments[] = {
		&regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8, &regs->r9,
	};

	return arguments[index];
}

/* Before the call of interest nothing is stopped but that call: two stops for each of the 400 calls that
 * every verb begins with cost more than the verb. */
static void
stop_at(long call)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(lines) / sizeof(lines[0]), lines };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &program) < 0)
		_exit(126);
}

/* Until somebody holds us, as its other end says by going away. */
static void
become(const struct tracer *tracer, char *const command[], const int stdio[3], const int held[2])
{
	char byte;

	close(held[1]);
	(void)!read(held[0], &byte, 1);
	for (int fd = 0; fd < 3; fd++)
		if (stdio && stdio[fd] >= 0)
			dup2(stdio[fd], fd);
	if (tracer->start == FROM_CAGE)
		stop_at(SYS_seccomp);
	if (tracer->start == FROM_MAIN)
		stop_at(SYS_prctl);     /* that no core is dumped, to begin with; the loader has no use for it */
	execvp(command[0], command);
	_exit(126);
}

static void
resume(const struct tracer *tracer, pid_t pid, int signal_nr)
{
	ptrace(tracer->started || tracer->start == FROM_EXEC ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL,
	       (long)signal_nr);
}

bool
tracer_begin(struct tracer *tracer, char *const command[], const int stdio[3])
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
	int held[2];
	bool holds;

	tracer->armed = tracer->started = tracer->leaving = false;
	tracer->bad_call = -1;
	if (pipe2(held, O_CLOEXEC) < 0)
		return false;
	tracer->first = fork();
	if (tracer->first == 0)
		become(tracer, command, stdio, held);
	/* Seized and not attached, it and what it forks are never stopped by a signal that could be left over. */
	holds = tracer->first > 0 && ptrace(PTRACE_SEIZE, tracer->first, NULL, options) == 0;
	if (holds)
		tracee_of(tracer->first);
	close(held[0]);
	close(held[1]);
	return holds;
}

void
tracer_kill(struct tracer *tracer)
{
	(void)tracer;
	for (size_t i = 0; i < TRACEES; i++)
		if (tracees[i].pid)
			kill(tracees[i].pid, SIGKILL);
}

static void
at_stop(struct tracer *tracer, struct tracee *tracee)
{
	struct user_regs_struct regs;
	struct __ptrace_syscall_info info;

	/* Which of the two it is cannot be counted: who is first stopped by a filter is inside already. */
	if (ptrace(PTRACE_GETREGS, tracee->pid, NULL, &regs) < 0 ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, (void *)sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		tracee->last = (long)regs.orig_rax;
		bool changed = tracer->armed && !tracer->leaving && !tracee->again &&
			       tracer->at_call(tracer, tracee, &regs);

		tracee->again = false;
		if (tracee->answer) {
			tracee->rdi = regs.rdi;
			/* close(2): what cannot be closed is closed all the same. */
			if (regs.orig_rax != SYS_close)
				regs.rdi = (unsigned long long)-1;
			regs.orig_rax = SYS_close;
		}
		if (changed || tracee->answer)
			ptrace(PTRACE_SETREGS, tracee->pid, NULL, &regs);
		return;
	}
	tracee->caged |= tracee->last == SYS_seccomp;
	if ((long)regs.rax <= -512 && (long)regs.rax >= -516) {
		/* The kernel asks once more: thousands of times where a lock of its own is taken. */
		tracee->again = true;
	} else if (tracee->answer) {
		regs.rax = (unsigned long long)-tracee->answer;
		/* A call leaves its arguments as they are, and libc relies on it. */
		regs.rdi = tracee->rdi;
		tracee->answer = 0;
		ptrace(PTRACE_SETREGS, tracee->pid, NULL, &regs);
	}
}

/* Not so what has ended by now, though its own parent may still have to hear of it. */
static bool
is_traced(pid_t pid)
{
	char path[64], line[128];
	int tracer = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	while (status && tracer == 0 && fgets(line, sizeof(line), status))
		if (strncmp(line, "TracerPid:", 10) == 0)
			tracer = atoi(line + 10);
	if (status)
		fclose(status);
	return tracer == getpid();
}

/* True when it is no longer ours. */
static bool
at_event(struct tracer *tracer, struct tracee *tracee, int event)
{
	unsigned long child;

	/* It may not have stopped yet, and whoever made it may end before it does; or be through before we hear of it. */
	if ((event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) &&
	    ptrace(PTRACE_GETEVENTMSG, tracee->pid, NULL, &child) == 0 && is_traced((pid_t)child))
		tracee_of((pid_t)child);
	if (event == PTRACE_EVENT_SECCOMP && !tracer->started && tracer->armed)
		tracer->started = true;
	if (event == PTRACE_EVENT_SECCOMP && tracer->start == FROM_CAGE)
		tracee->last = SYS_seccomp;
	if (event != PTRACE_EVENT_EXEC)
		return false;
	if (!tracer->armed) {
		tracer->armed = true;
		tracer->started = tracer->start == FROM_EXEC;
		return false;
	}
	if (tracer->programs_too)
		return false;
	ptrace(PTRACE_DETACH, tracee->pid, NULL, NULL);
	tracee->pid = 0;
	return true;
}

static bool
any_left(void)
{
	for (size_t i = 0; i < TRACEES; i++)
		if (tracees[i].pid)
			return true;
	return false;
}

/* Who outlives the command is to go on alone: one that runs can only be let go of where it stops. */
static void
let_go(void)
{
	for (size_t i = 0; i < TRACEES; i++)
		if (tracees[i].pid)
			ptrace(PTRACE_INTERRUPT, tracees[i].pid, NULL, NULL);
}

/* A filter of ours (stop_at) answers ENOSYS for who is gone: whoever has its cage before it closes that first. */
static bool
may_go(const struct tracer *tracer, const struct tracee *tracee)
{
	return tracer->leaving && (tracer->start == FROM_EXEC || tracee->caged);
}

/* Of a stop that is none of a call's and none that ptrace(2) calls an event: the signal that it is to be given. */
static int
signal_of(int status)
{
	return status >> 16 || WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
}

/* Stopped as by its shell's ^Z: to stay so, until something comes. */
static bool
is_asleep(int status)
{
	return status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
}

static void
at_end(struct tracer *tracer, struct tracee *tracee, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		tracer->bad_call = tracee->last;
	tracee->pid = 0;
}

int
tracer_follow(struct tracer *tracer)
{
	int status, of_first = -1;
	bool interrupted = false;

	while (any_left()) {
		pid_t pid = waitpid(-1, &status, __WALL);
		struct tracee *tracee;

		if (pid < 0 && errno == EINTR) {
			interrupted = true;
			tracer_kill(tracer);
			continue;
		}
		if (pid < 0)
			break;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			tracee = tracee_find(pid);
			if (tracee)
				at_end(tracer, tracee, status);
			else if (tracer->at_stranger)
				tracer->at_stranger(tracer, pid, status);
			if (tracee && pid == tracer->first) {
				of_first = status;
				if (tracer->first_only)
					return status;
				tracer->leaving = true;
				let_go();
			}
			continue;
		}
		tracee = tracee_of(pid);
		if (status >> 16 && at_event(tracer, tracee, status >> 16))
			continue;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			at_stop(tracer, tracee);
		if (may_go(tracer, tracee)) {
			ptrace(PTRACE_DETACH, pid, NULL, (long)signal_of(status));
			tracee->pid = 0;
			continue;
		}
		if (is_asleep(status))
			ptrace(PTRACE_LISTEN, pid, NULL, NULL);
		else
			resume(tracer, pid, signal_of(status));
	}
	return interrupted ? -1 : of_first;
}
