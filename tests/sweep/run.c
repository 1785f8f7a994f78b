/*
 * run.c: fork and execve, and two files in memory for what is printed and said.
 */
#include "sweep/run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int null, out, err;

static void
on_alarm(int nr)
{
	(void)nr;
}

void
run_begin(void)
{
	const struct sigaction action = { .sa_handler = on_alarm };

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	out = memfd_create("stdout", MFD_CLOEXEC);
	err = memfd_create("stderr", MFD_CLOEXEC);
	sigaction(SIGALRM, &action, NULL);
}

static const char *
first_word_of(const char *file)
{
	static char text[32];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	close(fd);
	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* The number that the word stands for, or the word; the highest that there is, nobody's, where there is no process. */
static const char *
replaced(const char *word)
{
	const char *pid;

	if (strcmp(word, "@PID") == 0)
		pid = first_word_of("/run/sweep/pid");
	else if (strcmp(word, "@VM") == 0)
		pid = first_word_of("/sys/fs/cgroup/banger/a/cgroup.procs");
	else
		return word;
	return *pid ? pid : "4194304";
}

bool
is_running(const char *pid)
{
	char path[64], state[256] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/stat", replaced(pid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, state, sizeof(state) - 1) < 0 || !strrchr(state, ')')) {
		close(fd);
		return false;
	}
	close(fd);
	return !strchr("ZX", strrchr(state, ')')[2]);
}

void
words_of(const struct command *command, const char **words)
{
	static const char *const shell[] = { "/bin/sh", "-c" };
	size_t i = 0;

	if (command->shell) {
		words[0] = shell[0];
		words[1] = shell[1];
		words[2] = command->shell;
		words[3] = NULL;
		return;
	}
	for (; command->words[i]; i++)
		words[i] = replaced(command->words[i]);
	words[i] = NULL;
}

void
alarm_in(time_t seconds)
{
	const struct itimerval once = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_REAL, &once, NULL);
}

int
code_of(int status)
{
	return status < 0 ? HUNG : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void
open_stdio(const struct command *command, int stdio[3])
{
	stdio[0] = command->input ? open(command->input, O_RDONLY | O_CLOEXEC) : dup(null);
	stdio[1] = out;
	stdio[2] = err;
	if (ftruncate(out, 0) < 0 || ftruncate(err, 0) < 0)
		abort();
	lseek(out, 0, SEEK_SET);
	lseek(err, 0, SEEK_SET);
}

static long missing = -1;

void
run_without(long call)
{
	missing = call;
}

/* As on a kernel that has never heard of it.  A filter that comes later may allow no more. */
static void
take_away(long call)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(steps) / sizeof(steps[0]), steps };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &program) < 0)
		_exit(126);
}

pid_t
start_words(const struct command *command, const char *const words[])
{
	int stdio[3];
	pid_t pid;

	open_stdio(command, stdio);
	pid = fork();
	if (pid == 0) {
		for (int fd = 0; fd < 3; fd++)
			dup2(stdio[fd], fd);
		if (missing >= 0)
			take_away(missing);
		execv(words[0], (char *const *)words);
		_exit(126);
	}
	close(stdio[0]);
	return pid;
}

void (*run_let_go)(void);

int
run_words(const struct command *command, const char *const words[])
{
	int status;
	pid_t pid = start_words(command, words);

	alarm_in(PATIENCE_S);
	while (pid > 0 && waitpid(pid, &status, 0) < 0) {
		kill(pid, SIGKILL);
		if (run_let_go)
			run_let_go();
		waitpid(pid, &status, 0);
		status = -1;
		break;
	}
	alarm_in(0);
	return pid < 0 ? HUNG : code_of(status);
}

int
run(const struct command *command)
{
	const char *words[ARGUMENTS_MAX];

	words_of(command, words);
	return run_words(command, words);
}

void
run_all(const struct command *commands, size_t count)
{
	for (size_t i = 0; i < count; i++)
		run(&commands[i]);
}

void
run_said(char *text, size_t size)
{
	ssize_t got = pread(err, text, size - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

bool
run_printed(const char *word)
{
	char printed[4096];
	ssize_t got = pread(out, printed, sizeof(printed), 0);

	return got > 0 && memmem(printed, (size_t)got, word, strlen(word));
}
