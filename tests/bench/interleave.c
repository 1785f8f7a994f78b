/*
 * interleave ROUNDS < PLAN: how long commands take, side by side.
 *
 * A line of the plan is GROUP NAME UID BEFORE COMMAND AFTER, with a tab between.  In every round each line runs
 * once, in another order each time, so that what else the machine does falls on all alike; COMMAND, words without a
 * shell, runs as UID and is timed from before the fork to its end; BEFORE and AFTER are for a shell, not timed, and
 * may be empty.  Of the words of COMMAND, <FILE is what it reads, and @FILE stands for the first line of that file.
 * Prints per line GROUP NAME MEDIAN LOWER UPPER PROCESSOR FAILURES, with a tab between: the median and
 * the quartiles, and the median of the processor time of COMMAND and its children, in microseconds; and how often it
 * did not exit with 0.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the kernel still does for BEFORE, as for a link that was deleted, is not to be measured. */
enum { SETTLE_US = 20000 };
enum { LINES = 128, WORDS = 512, WARM_UP = 2 };

static struct line {
	const char *group, *name, *before, *after, *input;
	char *words[WORDS];
	unsigned uid;
	double *took, *busy;
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

static void
aside(const char *command)
{
	if (*command && system(command) != 0) {
		fprintf(stderr, "interleave: %s\n", command);
		exit(1);
	}
}

/* The words as they are now. */
static void
look_up(struct line *line, char *words[])
{
	static char room[WORDS][64];

	for (unsigned i = 0; i < WORDS; i++) {
		FILE *file = line->words[i] && line->words[i][0] == '@' ? fopen(line->words[i] + 1, "re") : NULL;

		words[i] = line->words[i];
		if (!file)
			continue;
		if (!fgets(room[i], sizeof(room[i]), file))
			exit(1);
		room[i][strcspn(room[i], "\n")] = '\0';
		words[i] = room[i];
		fclose(file);
	}
}

static double
run(struct line *line, int null, double *busy)
{
	static char *words[WORDS];
	int status, input = line->input ? open(line->input, O_RDONLY | O_CLOEXEC) : null;
	struct rusage usage;
	double began;
	pid_t child;

	if (input < 0)
		exit(1);
	look_up(line, words);
	began = microseconds();
	child = vfork();
	if (child == 0) {
		dup2(input, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		if (!getenv("BANGER_BENCH_SHOW"))
			dup2(null, STDERR_FILENO);
		if (line->uid > 0) {
			syscall(SYS_setgroups, 0, NULL);
			syscall(SYS_setresgid, line->uid, line->uid, line->uid);
			syscall(SYS_setresuid, line->uid, line->uid, line->uid);
		}
		execv(words[0], words);
		_exit(127);
	}
	wait4(child, &status, 0, &usage);
	began = microseconds() - began;
	if (input != null)
		close(input);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		line->failures++;
	*busy = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
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
		line->group = strsep(&rest, "\t");
		line->name = strsep(&rest, "\t");
		word = strsep(&rest, "\t");
		line->uid = word ? (unsigned)atoi(word) : 0;
		line->before = strsep(&rest, "\t");
		command = strsep(&rest, "\t");
		line->after = rest;
		if (!command || !rest)
			exit(2);
		while ((word = strsep(&command, " ")) && words + 1 < WORDS) {
			if (*word == '<')
				line->input = word + 1;
			else if (*word)
				line->words[words++] = word;
		}
		line->took = calloc(rounds, sizeof(double));
		line->busy = calloc(rounds, sizeof(double));
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
			double took, busy;

			aside(line->before);
			usleep(SETTLE_US);
			took = run(line, null, &busy);
			aside(line->after);
			if (round < WARM_UP) {
				line->failures = 0;
				continue;
			}
			line->took[round - WARM_UP] = took;
			line->busy[round - WARM_UP] = busy;
		}
	}
	for (unsigned i = 0; i < count; i++) {
		qsort(lines[i].took, rounds, sizeof(double), compare);
		qsort(lines[i].busy, rounds, sizeof(double), compare);
		printf("%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%d\n", lines[i].group, lines[i].name,
		       lines[i].took[rounds / 2], lines[i].took[rounds / 4], lines[i].took[rounds * 3 / 4],
		       lines[i].busy[rounds / 2], lines[i].failures);
	}
	return 0;
}
