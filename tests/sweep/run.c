/*
 * run.c: posix_spawn(3), and two files in memory for what is printed and said.
 */
#include "sweep/run.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

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
pid_of_vmm(void)
{
	static char text[32];
	int fd = open("/run/sweep/pid", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	close(fd);
	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* What is executed for it: @PID is the VMM that a setup has started. */
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
		words[i] = strcmp(command->words[i], "@PID") == 0 ? pid_of_vmm() : command->words[i];
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

pid_t
start_words(const struct command *command, const char *const words[])
{
	posix_spawn_file_actions_t actions;
	int stdio[3];
	pid_t pid = -1;

	open_stdio(command, stdio);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_adddup2(&actions, stdio[fd], fd);
	if (posix_spawn(&pid, words[0], &actions, NULL, (char *const *)words, environ) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(stdio[0]);
	return pid;
}

int
run_words(const struct command *command, const char *const words[])
{
	int status;
	pid_t pid = start_words(command, words);

	alarm_in(PATIENCE_S);
	while (pid > 0 && waitpid(pid, &status, 0) < 0) {
		kill(pid, SIGKILL);
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
