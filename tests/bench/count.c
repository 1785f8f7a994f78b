/*
 * count INTO COMMAND...: how many instructions COMMAND and its children execute outside the kernel, from its first
 * prctl(2) on: with that main begins, and the loader, which takes the same for every verb, is through.
 *
 * Steps them one by one: slow, but the same under every load, which no clock is; and without what libc does
 * otherwise on another processor, on every machine.  Writes the number to the file INTO and exits as COMMAND does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int
is_prctl(pid_t pid)
{
	struct __ptrace_syscall_info info = { 0 };

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_prctl;
}

int
main(int argc, char *argv[])
{
	unsigned long long steps = 0;
	int status, of_first = 0, counting = 0;
	FILE *into;
	pid_t first, pid;

	if (argc < 3)
		return 126;
	first = fork();
	if (first == 0) {
		setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM", 1);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(argv[2], argv + 2);
		_exit(126);
	}
	if (waitpid(first, &status, 0) != first)
		return 126;
	ptrace(PTRACE_SETOPTIONS, first, NULL, (long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
	ptrace(PTRACE_SYSCALL, first, NULL, NULL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		long deliver = 0;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == first)
				of_first = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			counting |= is_prctl(pid);
		else if (WSTOPSIG(status) == SIGTRAP)
			steps += counting && status >> 16 == 0;
		else if (WSTOPSIG(status) != SIGSTOP)
			deliver = WSTOPSIG(status);
		ptrace(counting ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, pid, NULL, deliver);
	}
	into = fopen(argv[1], "w");
	if (!into || fprintf(into, "%llu\n", steps) < 0 || fclose(into) != 0)
		return 126;
	return of_first;
}
