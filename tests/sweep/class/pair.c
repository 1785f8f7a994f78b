/*
 * pair.c: the verb waits at its N-th call, while another works on the same objects; the end is one that the one or
 * the other order would have given.
 */
#include "sweep/verdict.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct meeting {
	struct visit *visit;
	const struct line *second;
};

static long
first_number(pid_t pid, const char *file)
{
	char path[64], line[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, line, sizeof(line) - 1) < 0)
		line[0] = '\0';
	close(fd);
	return line[0] < '0' || line[0] > '9' ? -1 : strtol(line, NULL, 10);
}

/* For a lock of the first one's, or for something else that only the first can give; itself or its child. */
static bool
waits(pid_t pid)
{
	static const long waiting[] = {
		SYS_flock, SYS_fcntl, SYS_clock_nanosleep, SYS_nanosleep, SYS_poll, SYS_epoll_wait, -1,
	};
	char children[64];
	long call = first_number(pid, "syscall"), child;

	if (call != SYS_wait4 && call != SYS_waitid)
		return is_among(call, waiting);
	snprintf(children, sizeof(children), "task/%d/children", pid);
	child = first_number(pid, children);
	return child > 0 && waits((pid_t)child);
}

static void
meet(void *context)
{
	struct meeting *meeting = context;
	struct visit *visit = meeting->visit;
	const char *words[ARGUMENTS_MAX];

	words_of(&meeting->second->verb, words);
	visit->stranger = start_words(&meeting->second->verb, words);
	for (int tries = 0, seen_waiting = 0; tries < 300; tries++) {
		if (waitpid(visit->stranger, &visit->stranger_status, WNOHANG) == visit->stranger) {
			visit->stranger = 0;
			return;
		}
		/* Thrice, since who asks for the time to pass is not stuck. */
		if (waits(visit->stranger) && ++seen_waiting == 3)
			return;
		pause_ms(tries < 20 ? 1 : 5);
	}
}

/* What is there when one of them has been through before the other began. */
static void
take_order(const struct line *first, const struct line *one, const struct line *other, struct state *state)
{
	run_all(first->before, first->before_count);
	settle(one, run(&one->verb));
	settle(other, run(&other->verb));
	state_take(state);
	undo(one, other, first->name);
}

static void
pair_at(const struct line *first, const struct line *second, unsigned long when,
	const struct state *const ends[])
{
	struct meeting meeting = { .second = second };
	struct visit visit = {
		.how = VISIT_HOLD, .when = when, .only_call = -1, .meanwhile = meet, .context = &meeting,
	};
	const char *const *but;
	char where[256], title[400];
	int code, other;

	meeting.visit = &visit;
	snprintf(where, sizeof(where), "%s, at its call %lu %s", first->name, when, second->name);
	run_all(first->before, first->before_count);
	code = visit_verb(first, FROM_CAGE, &visit, where);
	alarm_in(PATIENCE_S);
	if (visit.stranger > 0 && waitpid(visit.stranger, &visit.stranger_status, 0) < 0) {
		kill(visit.stranger, SIGKILL);
		waitpid(visit.stranger, &visit.stranger_status, 0);
		defect(where, "the second hung");
	}
	alarm_in(0);
	other = code_of(visit.stranger_status);
	if (!visit.reached) {
		undo(first, second, where);
		return;
	}
	if (!is_documented(code) || !is_documented(other))
		defect(where, "exit %d and %d", code, other);
	/* One whose process the other has ended has failed, and may leave what it says. */
	but = second->ends && code == 5 ? first->marks : NULL;
	snprintf(title, sizeof(title), "not ok pair %s: exit %d and %d, and neither order gives", where, code, other);
	if (!becomes(ends, SAME_BUT_CONTENTS, but, title, 200))
		defect(where, "exit %d and %d, and the state is none of either order", code, other);
	undo(first, second, where);
	sweep.steps++;
}

void
sweep_pair(const struct line *first)
{
	struct way way;

	walk_way(first, FROM_CAGE, false, &way);
	sweep.calls += way.calls;
	for (size_t i = 0; i < line_count; i++) {
		const struct line *second = &lines[i];
		struct state forth, back;
		const struct state *ends[] = { &forth, &back, NULL };

		if (!plan_share(first, second))
			continue;
		take_order(first, first, second, &forth);
		take_order(first, second, first, &back);
		for (unsigned long when = first_of(way.calls); when <= way.calls; when += step_of(way.calls))
			pair_at(first, second, when, ends);
		state_free(&forth);
		state_free(&back);
	}
	forget_way(&way);
}
