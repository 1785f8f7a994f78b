/*
 * visit.c: the tracer's callbacks, and a walk that only counts.
 */
#include "sweep/visit.h"

#include "sweep/verdict.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

bool
is_among(long call, const long *calls)
{
	for (; *calls >= 0; calls++)
		if (*calls == call)
			return true;
	return false;
}

static const long path_calls[] = {
	SYS_open, SYS_openat, SYS_openat2, SYS_open_tree, SYS_statx, SYS_newfstatat, SYS_linkat, SYS_unlinkat,
	SYS_renameat, SYS_renameat2, SYS_mknodat, SYS_mkdirat, SYS_symlinkat, 452 /* fchmodat2 */, SYS_fchmodat,
	SYS_chmod, SYS_fchownat, SYS_move_mount, SYS_mount_setattr, SYS_connect, SYS_faccessat, SYS_faccessat2,
	SYS_readlinkat, SYS_inotify_add_watch, SYS_bind, SYS_execve, SYS_chroot, SYS_mount, SYS_umount2, -1,
};

static const long looks[] = { SYS_fcntl, SYS_fstat, SYS_newfstatat, SYS_fstatfs, SYS_getsockopt, -1 };

const long infallible[] = {
	SYS_exit, SYS_exit_group, SYS_clock_gettime, SYS_rt_sigreturn, SYS_getpid, SYS_gettid, SYS_getuid,
	SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_umask, SYS_munmap, SYS_brk, SYS_futex,
	-1,
};

static bool
at_call(struct tracer *tracer, struct tracee *tracee, struct user_regs_struct *regs)
{
	struct visit *visit = tracer->context;
	long call = (long)regs->orig_rax;

	if (visit->only_call >= 0 && call != visit->only_call)
		return false;
	if (visit->paths_only && !is_among(call, path_calls))
		return false;
	if (visit->until_cage && visit->is_caged)
		return false;
	visit->is_caged = visit->is_caged || call == SYS_seccomp;
	visit->seen++;
	if (visit->calls && visit->seen < CALLS_MAX)
		visit->calls[visit->seen] = call;
	if (visit->how == VISIT_COUNT || (visit->when && visit->seen != visit->when))
		return false;
	/* Another way than the one that was counted, whose calls this one's need not be: over a bus they come as
	 * the answers do. */
	if (visit->how == VISIT_ANSWER &&
	    (is_among(call, infallible) || (visit->may_give && !visit->may_give(call, visit->error))))
		return false;
	visit->is_first = tracee->pid == tracer->first;
	/* There a verb of a batch waits for its turn, and another has had its own when the answer comes. */
	if (visit->until_cage && !visit->is_first && call == SYS_recvfrom)
		return false;
	visit->reached = true;
	visit->is_on_stdin = regs->rdi == STDIN_FILENO && is_among(call, looks);
	visit->is_on_stdout = regs->rdi == STDOUT_FILENO && (call == SYS_write || is_among(call, looks));
	switch (visit->how) {
	case VISIT_KILL:
		if (visit->all_at_once)
			tracer_kill(tracer);
		else
			kill(tracee->pid, SIGKILL);
		break;
	case VISIT_ANSWER:
		tracee->answer = visit->error;
		break;
	default:
		visit->meanwhile(visit->context);
		break;
	}
	return false;
}

static void
at_stranger(struct tracer *tracer, pid_t pid, int status)
{
	struct visit *visit = tracer->context;

	if (pid == visit->stranger) {
		visit->stranger = 0;
		visit->stranger_status = status;
	}
}

int
visit_words(const struct command *command, const char *const words[], enum start start, struct visit *visit,
	    const char *where)
{
	struct tracer tracer = {
		.start = start, .at_call = at_call, .at_stranger = at_stranger, .context = visit,
	};
	int stdio[3], code;

	open_stdio(command, stdio);
	alarm_in(PATIENCE_S);
	if (!tracer_begin(&tracer, (char *const *)words, stdio))
		abort();
	close(stdio[0]);
	code = code_of(tracer_follow(&tracer));
	alarm_in(0);
	if (code == HUNG)
		defect(where, "hung");
	else if (tracer.bad_call >= 0)
		defect(where, "call %ld is outside the cage's list", tracer.bad_call);
	return code;
}

int
visit_verb(const struct line *line, enum start start, struct visit *visit, const char *where)
{
	const char *words[ARGUMENTS_MAX];

	words_of(&line->verb, words);
	return visit_words(&line->verb, words, start, visit, where);
}

void
walk_way(const struct line *line, enum start start, bool paths_only, struct way *way)
{
	struct visit visit = { .how = VISIT_COUNT, .only_call = -1, .paths_only = paths_only, .calls = way->call };
	struct state again;
	const char *words[ARGUMENTS_MAX];

	run_all(line->before, line->before_count);
	state_take(&way->before);
	way->code = visit_verb(line, start, &visit, line->name);
	way->calls = visit.seen;
	settle(line, way->code);
	state_take(&way->done);
	if (!is_documented(way->code))
		defect(line->name, "exit %d, undisturbed", way->code);
	undo(line, NULL, line->name);

	run_all(line->before, line->before_count);
	words_of(&line->verb, words);
	if (run_words(&line->verb, words) != way->code)
		defect(line->name, "not the same exit code twice");
	settle(line, way->code);
	state_take(&again);
	/* A number of a process, or the time, which may tell only later. */
	way->dated = line->verb.input || !state_same(&way->done, &again, SAME, NULL, NULL);
	if (!state_same(&way->done, &again, SAME_BUT_CONTENTS, NULL, "not ok: not the same state twice"))
		defect(line->name, "not the same twice");
	state_free(&again);
	undo(line, NULL, line->name);
}

void
forget_way(struct way *way)
{
	state_free(&way->before);
	state_free(&way->done);
}

unsigned long
step_of(unsigned long count)
{
	return sweep.limit == 0 || count <= sweep.limit ? 1 : (count + sweep.limit - 1) / sweep.limit;
}

unsigned long
first_of(unsigned long count)
{
	return 1 + sweep.lot++ % step_of(count);
}

const char *
place(const struct line *line, const char *what, unsigned long when)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s %s at its call %lu", line->name, what, when);
	return text;
}
