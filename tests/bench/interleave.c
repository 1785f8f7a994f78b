/*
 * interleave ROUNDS < PLAN: how long commands take, side by side.
 *
 * A line of the plan is GROUP|NAME|UID|BEFORE|COMMAND|AFTER.  In every round each line runs once, in another order
 * each time, so that what else the machine does falls on all alike; COMMAND, words without a shell, is timed
 * from before the fork to its end, and runs as UID; BEFORE and AFTER are for a shell, not timed, and may be empty.  Prints per
 * line: GROUP NAME MEDIAN LOWER UPPER FAILURES, with a tab between; the median and the quartiles in microseconds.
 * Failures is how often COMMAND did not exit with 0; a NAME that ends in =N may exit with N.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINES = 128, WORDS = 512, WARM_UP = 2 };

static struct line {
	const char *group, *name, *before, *after;
	char *words[WORDS];
	unsigned uid;
	double *took;
	int failures;
} lines[LINES];

static double
microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int
compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static int
expected(const struct line *line)
{
	const char *equals = strrchr(line->name, '=');

	return equals ? atoi(equals + 1) : 0;
}

static void
aside(const char *command)
{
	if (*command && system(command) != 0) {
		fprintf(stderr, "interleave: %s\n", command);
		exit(1);
	}
}

static double
run(struct line *line, int null)
{
	double began = microseconds();
	pid_t child = vfork();
	int status;

	if (child == 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		if (!getenv("BANGER_BENCH_SHOW"))
			dup2(null, STDERR_FILENO);
		if (line->uid > 0) {
			syscall(SYS_setgroups, 0, NULL);
			syscall(SYS_setresgid, line->uid, line->uid, line->uid);
			syscall(SYS_setresuid, line->uid, line->uid, line->uid);
		}
		execv(line->words[0], line->words);
		_exit(127);
	}
	waitpid(child, &status, 0);
	began = microseconds() - began;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != expected(line))
		line->failures++;
	return began;
}

static unsigned
read_plan(unsigned rounds)
{
	static char text[LINES][8192];
	unsigned count = 0;

	while (count < LINES && fgets(text[count], sizeof(text[count]), stdin)) {
		struct line *line = &lines[count];
		char *rest = text[count], *command, *word;
		unsigned words = 0;

		rest[strcspn(rest, "\n")] = '\0';
		if (!*rest || *rest == '#')
			continue;
		line->group = strsep(&rest, "|");
		line->name = strsep(&rest, "|");
		word = strsep(&rest, "|");
		line->uid = word ? (unsigned)atoi(word) : 0;
		line->before = strsep(&rest, "|");
		command = strsep(&rest, "|");
		line->after = rest;
		if (!command || !rest)
			exit(2);
		while ((word = strsep(&command, " ")) && words + 1 < WORDS)
			if (*word)
				line->words[words++] = word;
		line->took = calloc(rounds, sizeof(double));
		count++;
	}
	return count;
}

int
main(int argc, char *argv[])
{
	unsigned rounds = argc == 2 ? (unsigned)atoi(argv[1]) : 0, count = rounds ? read_plan(rounds) : 0;
	unsigned order[LINES];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (count == 0)
		return 2;
	for (unsigned i = 0; i < count; i++)
		order[i] = i;
	srandom(1);
	for (unsigned round = 0; round < rounds + WARM_UP; round++) {
		for (unsigned i = count - 1; i > 0; i--) {
			unsigned other = (unsigned)random() % (i + 1), was = order[i];

			order[i] = order[other];
			order[other] = was;
		}
		for (unsigned i = 0; i < count; i++) {
			struct line *line = &lines[order[i]];
			double took;

			aside(line->before);
			took = run(line, null);
			aside(line->after);
			if (round < WARM_UP)
				line->failures = 0;
			else
				line->took[round - WARM_UP] = took;
		}
	}
	for (unsigned i = 0; i < count; i++) {
		qsort(lines[i].took, rounds, sizeof(double), compare);
		printf("%s\t%s\t%.0f\t%.0f\t%.0f\t%d\n", lines[i].group, lines[i].name, lines[i].took[rounds / 2],
		       lines[i].took[rounds / 4], lines[i].took[rounds * 3 / 4], lines[i].failures);
	}
	return 0;
}
