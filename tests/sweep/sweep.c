/*
 * sweep CLASS LINES [LIMIT [VERB]]: puts every verb of LINES (or VERB alone) through one class of harm, at
 * LIMIT points of its way at most, spread evenly (0: at all of them).
 *
 *   kill     dies at its N-th system call, for each N; likewise from its first call on (begin)
 *   fail     its N-th call gives an error, each that the call may give
 *   without  a call that is new in Linux is not there at all
 *   swap     waits at its N-th call that takes a path, while the owner swaps what an operand names
 *   pair     waits at its N-th call, while another verb works on the same objects
 *   launch   is started with what an attacker can hand down, see tests/hostile.c
 *   paths    operands that name something else, or are spelt in another way
 *
 * After each step: the exit code is a documented one, no call was outside the cage's list, no canary has
 * changed, and the line's undo reaches a state equal to never having run.  What else must hold is said at
 * each class.  A defect is printed with the state's difference; the exit status is 1 when there is one.
 */
#include "sweep/plan.h"
#include "sweep/state.h"
#include "sweep/swap.h"
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { ARGUMENTS_MAX = WORDS_MAX + 4 };
enum { HUNG = 200, KILLED = 137, PATIENCE_S = 30, SHOWN_MAX = 8, CALLS_MAX = 4096 };

static struct {
	const char *class;
	unsigned long limit;
	const char *only;
	struct state clean;             /* before everything */
	int null, out, err;
	unsigned long calls, steps, defects;            /* of this line */
	unsigned long all_calls, all_steps, all_defects;
} sweep;

/* ---- commands ---- */

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
static void
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

static void
alarm_in(time_t seconds)
{
	const struct itimerval once = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_REAL, &once, NULL);
}

static int
code_of(int status)
{
	return status < 0 ? HUNG : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
open_stdio(const struct command *command, int stdio[3])
{
	stdio[0] = command->input ? open(command->input, O_RDONLY | O_CLOEXEC) : dup(sweep.null);
	stdio[1] = sweep.out;
	stdio[2] = sweep.err;
	if (ftruncate(sweep.out, 0) < 0 || ftruncate(sweep.err, 0) < 0)
		abort();
	lseek(sweep.out, 0, SEEK_SET);
	lseek(sweep.err, 0, SEEK_SET);
}

static pid_t
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

static int
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

static int
run(const struct command *command)
{
	const char *words[ARGUMENTS_MAX];

	words_of(command, words);
	return run_words(command, words);
}

static void
run_all(const struct command *commands, size_t count)
{
	for (size_t i = 0; i < count; i++)
		run(&commands[i]);
}

/* ---- verdicts ---- */

static void
show_output(void)
{
	char said[512];
	ssize_t got = pread(sweep.err, said, sizeof(said) - 1, 0);

	if (got <= 0)
		return;
	said[got] = '\0';
	said[strcspn(said, "\n")] = '\0';
	printf("\tsaid: %s\n", said);
}

static bool
may_show(void)
{
	return sweep.all_defects + sweep.defects < SHOWN_MAX;
}

static void defect(const char *where, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
defect(const char *where, const char *format, ...)
{
	char what[512];
	va_list args;

	if (may_show()) {
		va_start(args, format);
		vsnprintf(what, sizeof(what), format, args);
		va_end(args);
		printf("not ok %s %s: %s\n", sweep.class, where, what);
		show_output();
		fflush(stdout);
	}
	sweep.defects++;
}

static bool
is_documented(int code)
{
	return code == 0 || (code >= 2 && code <= 7);
}

static void
pause_ms(long ms)
{
	const struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

/* Whether the state is (or soon is: who was killed may hold something a moment longer) one of these. */
static bool
becomes(const struct state *const wanted[], enum likeness likeness, const char *title, int tries)
{
	struct state is;

	for (;;) {
		state_take(&is);
		for (size_t i = 0; wanted[i]; i++) {
			if (state_same(wanted[i], &is, likeness, NULL)) {
				state_free(&is);
				return true;
			}
		}
		if (--tries <= 0)
			break;
		state_free(&is);
		pause_ms(5);
	}
	state_same(wanted[0], &is, likeness, may_show() ? title : NULL);
	state_free(&is);
	return false;
}

static bool
is_now(const struct state *wanted, enum likeness likeness, const char *title)
{
	const struct state *const one[] = { wanted, NULL };

	return becomes(one, likeness, title, 40);
}

static void
undo(const struct line *line, const struct line *other, const char *where)
{
	const struct state *const clean[] = { &sweep.clean, NULL };
	char title[600];

	snprintf(title, sizeof(title), "not ok %s %s: left over after its undo", sweep.class, where);
	for (int round = 0; round < 12; round++) {
		run_all(line->undo, line->undo_count);
		if (other)
			run_all(other->undo, other->undo_count);
		if (becomes(clean, SAME, round == 11 ? title : NULL, 1 + round * 2))
			return;
	}
	sweep.defects++;
	printf("sweep: cannot go on from a state that is not clean\n");
	exit(1);
}

/* ---- points on a verb's way ---- */

struct visit {
	unsigned long when, seen;
	int error;                      /* fail: at `when`; without: at every `only_call` */
	long only_call;                 /* -1 is any */
	bool paths_only;                /* counts the calls that take a path */
	bool all_at_once;               /* kill: the verb's children too */
	bool reached;
	bool is_first;                  /* it was the verb itself that made the call, not a child */
	bool to_stdout;
	long *calls;                    /* count: which they were, from 1 on */
	void (*meanwhile)(void *context);
	void *context;
	enum { VISIT_COUNT, VISIT_KILL, VISIT_ANSWER, VISIT_HOLD } how;
	pid_t stranger;
	int stranger_status;
};

static bool
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

/* The end cannot fail, nor can what only tells; and brk answers with an address. */
static const long infallible[] = {
	SYS_exit, SYS_exit_group, SYS_clock_gettime, SYS_rt_sigreturn, SYS_getpid, SYS_gettid, SYS_getuid,
	SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_umask, SYS_munmap, SYS_brk, -1,
};

static const int *
errors_of(long call)
{
	static const int opening[] = { EMFILE, ENOMEM, EIO, EPERM, ENOSYS, 0 };
	static const int writing[] = { ENOSPC, EIO, EINTR, EPERM, 0 };
	static const int reading[] = { EIO, EINTR, ENOMEM, 0 };
	static const int waiting[] = { EINTR, ENOMEM, 0 };
	static const int other[] = { ENOMEM, EIO, EPERM, ENOSYS, 0 };

	switch (call) {
	case SYS_open: case SYS_openat: case SYS_openat2: case SYS_open_tree: case SYS_fsopen: case SYS_fsmount:
	case SYS_socket: case SYS_pidfd_open: case SYS_signalfd4: case SYS_inotify_init1: case SYS_epoll_create1:
	case SYS_dup3: case SYS_clone: case SYS_memfd_create: case SYS_timerfd_create:
		return opening;
	case SYS_write: case SYS_pwrite64: case SYS_writev: case SYS_ftruncate: case SYS_fallocate:
	case SYS_mkdirat: case SYS_linkat: case SYS_symlinkat: case SYS_mknodat: case SYS_renameat2:
	case SYS_copy_file_range: case SYS_sendfile: case SYS_fsync: case SYS_fdatasync:
		return writing;
	case SYS_read: case SYS_pread64: case SYS_getdents64: case SYS_readlinkat:
		return reading;
	case SYS_poll: case SYS_ppoll: case SYS_epoll_wait: case SYS_epoll_pwait: case SYS_wait4: case SYS_waitid:
	case SYS_flock: case SYS_connect: case SYS_recvmsg: case SYS_recvfrom: case SYS_sendto: case SYS_sendmsg:
		return waiting;
	default:
		return other;
	}
}

static bool
at_call(struct tracer *tracer, struct tracee *tracee, struct user_regs_struct *regs)
{
	struct visit *visit = tracer->context;
	long call = (long)regs->orig_rax;

	if (visit->only_call >= 0 && call != visit->only_call)
		return false;
	if (visit->paths_only && !is_among(call, path_calls))
		return false;
	visit->seen++;
	if (visit->calls && visit->seen < CALLS_MAX)
		visit->calls[visit->seen] = call;
	if (visit->how == VISIT_COUNT || (visit->when && visit->seen != visit->when))
		return false;
	/* Another way than the one that was counted, whose calls this one's need not be: over a bus they come as
	 * the answers do. */
	if (visit->how == VISIT_ANSWER && is_among(call, infallible))
		return false;
	visit->reached = true;
	visit->is_first = tracee->pid == tracer->first;
	visit->to_stdout = call == SYS_write && regs->rdi == STDOUT_FILENO;
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

/* The verb, traced; its exit code. */
static int
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

static int
visit_verb(const struct line *line, enum start start, struct visit *visit, const char *where)
{
	const char *words[ARGUMENTS_MAX];

	words_of(&line->verb, words);
	return visit_words(&line->verb, words, start, visit, where);
}

/* The verb's whole way, once: how many calls, what it ends with, what state that is. */
struct way {
	unsigned long calls;
	long call[CALLS_MAX];
	int code;
	bool dated;             /* what it writes carries the time */
	struct state before, done;
};

static void
walk_way(const struct line *line, enum start start, bool paths_only, struct way *way)
{
	struct visit visit = { .how = VISIT_COUNT, .only_call = -1, .paths_only = paths_only, .calls = way->call };
	struct state again;
	const char *words[ARGUMENTS_MAX];

	run_all(line->before, line->before_count);
	state_take(&way->before);
	way->code = visit_verb(line, start, &visit, line->name);
	way->calls = visit.seen;
	pause_ms(10);
	state_take(&way->done);
	if (!is_documented(way->code))
		defect(line->name, "exit %d, undisturbed", way->code);
	undo(line, NULL, line->name);

	run_all(line->before, line->before_count);
	words_of(&line->verb, words);
	if (run_words(&line->verb, words) != way->code)
		defect(line->name, "not the same exit code twice");
	pause_ms(10);
	state_take(&again);
	/* A number of a process, or the time, which may tell only later. */
	way->dated = line->verb.input || !state_same(&way->done, &again, SAME, NULL);
	if (!state_same(&way->done, &again, SAME_BUT_CONTENTS, "not ok: not the same state twice"))
		defect(line->name, "not the same twice");
	state_free(&again);
	undo(line, NULL, line->name);
}

static void
forget_way(struct way *way)
{
	state_free(&way->before);
	state_free(&way->done);
}

/* Of `count` points the next after `point`, so that there are no more than the limit. */
static unsigned long
step_of(unsigned long count)
{
	return sweep.limit == 0 || count <= sweep.limit ? 1 : (count + sweep.limit - 1) / sweep.limit;
}

static const char *
place(const struct line *line, const char *what, unsigned long when)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s %s at its call %lu", line->name, what, when);
	return text;
}

static int
kill_at(const struct line *line, enum start start, unsigned long when, bool all_at_once, bool *was_child)
{
	struct visit visit = { .how = VISIT_KILL, .when = when, .only_call = -1, .all_at_once = all_at_once };
	const char *where = place(line, all_at_once ? "killed with its children" : "killed", when);
	int code;

	run_all(line->before, line->before_count);
	code = visit_verb(line, start, &visit, where);
	if (code != KILLED && !is_documented(code))
		defect(where, "exit %d", code);
	undo(line, NULL, where);
	sweep.steps += visit.reached;
	*was_child = visit.reached && !visit.is_first;
	return code;
}

static void
sweep_kill_from(const struct line *line, enum start start)
{
	struct way way;
	bool was_child;

	walk_way(line, start, false, &way);
	sweep.calls += way.calls;
	for (unsigned long when = 1; when <= way.calls; when += step_of(way.calls)) {
		kill_at(line, start, when, false, &was_child);
		if (was_child)
			kill_at(line, start, when, true, &was_child);
	}
	forget_way(&way);
}

static void sweep_kill(const struct line *line) { sweep_kill_from(line, FROM_CAGE); }
static void sweep_begin(const struct line *line) { sweep_kill_from(line, FROM_EXEC); }

/* Done after all means that nothing is missing or weaker; refused, that nothing was touched; failed, that
 * nothing was made that stays.  A cage that does not close may be that of a later stage, after one that took
 * something away; without a call it is the first one's. */
static void
judge(const struct line *line, const struct way *way, int code, const char *where)
{
	int may_be_less_from = strcmp(sweep.class, "fail") == 0 ? 4 : 5;
	char title[400];

	if (!is_documented(code)) {
		if (code != HUNG)
			defect(where, "exit %d", code);
		return;
	}
	if ((line->marks && strcmp(sweep.class, "fail") == 0) || (line->goes_on && code != way->code))
		return;
	snprintf(title, sizeof(title), "not ok %s %s: exit %d, but", sweep.class, where, code);
	if (!is_now(code == way->code ? &way->done : &way->before,
		    code == way->code ? (way->dated ? SAME_BUT_CONTENTS : SAME) : code >= may_be_less_from ? NOTHING_MORE : SAME,
		    title))
		defect(where, "exit %d, and the state is another", code);
}

static void
fail_at(const struct line *line, const struct way *way, unsigned long when, long call, int error)
{
	struct visit visit = { .how = VISIT_ANSWER, .when = when, .only_call = -1, .error = error };
	char where[256];
	int code;

	snprintf(where, sizeof(where), "%s at its call %lu (%ld) with %s", line->name, when, call,
		 strerrorname_np(error));
	run_all(line->before, line->before_count);
	code = visit_verb(line, FROM_CAGE, &visit, where);
	/* What was done stays done when nobody can be told. */
	if (visit.to_stdout && is_documented(code))
		code = way->code;
	judge(line, way, code, where);
	undo(line, NULL, where);
	sweep.steps += visit.reached;
}

static void
sweep_fail(const struct line *line)
{
	struct way way;

	walk_way(line, FROM_CAGE, false, &way);
	sweep.calls += way.calls;
	for (unsigned long when = 1; when <= way.calls; when += step_of(way.calls)) {
		long call = way.call[when < CALLS_MAX ? when : 0];

		for (const int *error = errors_of(call); *error && !is_among(call, infallible); error++)
			fail_at(line, &way, when, call, *error);
	}
	forget_way(&way);
}

/* ---- without a call: 4 and nothing touched, or done in the same strength ---- */

static const struct { const char *name; long nr; } modern[] = {
	{ "openat2", SYS_openat2 }, { "statx", SYS_statx }, { "mount_setattr", SYS_mount_setattr },
	{ "open_tree", SYS_open_tree }, { "move_mount", SYS_move_mount }, { "fsopen", SYS_fsopen },
	{ "fsconfig", SYS_fsconfig }, { "fsmount", SYS_fsmount },
	{ "pidfd_open", SYS_pidfd_open }, { "pidfd_send_signal", SYS_pidfd_send_signal },
	{ "close_range", SYS_close_range }, { "fchmodat2", 452 }, { "statmount", 457 }, { "listmount", 458 },
	{ "landlock_create_ruleset", SYS_landlock_create_ruleset }, { "faccessat2", SYS_faccessat2 },
	{ "clone3", SYS_clone3 }, { "renameat2", SYS_renameat2 },
};

static void
sweep_without(const struct line *line)
{
	struct way way;

	walk_way(line, FROM_EXEC, false, &way);
	sweep.calls += way.calls;
	for (size_t i = 0; i < sizeof(modern) / sizeof(modern[0]); i++) {
		struct visit visit = { .how = VISIT_ANSWER, .only_call = modern[i].nr, .error = ENOSYS };
		char where[256];
		int code;

		snprintf(where, sizeof(where), "%s without %s", line->name, modern[i].name);
		run_all(line->before, line->before_count);
		code = visit_verb(line, FROM_EXEC, &visit, where);
		if (visit.reached) {
			sweep.steps++;
			if (code != way.code && code != 4)
				defect(where, "exit %d", code);
			judge(line, &way, code, where);
		}
		undo(line, NULL, where);
	}
	forget_way(&way);
}

/* ---- swaps ---- */

/* The path in an operand that the owner may change: in /var/lib/banger or /run/banger, from its first slash. */
static const char *
path_in(const char *word)
{
	const char *path = strchr(word, '/');

	return path && (strncmp(path, "/var/lib/banger/", 16) == 0 || strncmp(path, "/run/banger/", 12) == 0) ?
	       path : NULL;
}

static void
begin_swap(void *context)
{
	const struct swapping { enum swap swap; const char *path; int up; bool *begun; } *one = context;

	*one->begun = swap_begin(one->swap, one->path, one->up);
}

/* A byte of root's on stdout, or as what lies in a file of the state outside the canaries. */
static bool
secret_is_out(void)
{
	char out[4096];
	ssize_t got = pread(sweep.out, out, sizeof(out), 0);

	return got > 0 && memmem(out, (size_t)got, "secret", 6);
}

static void
swap_at(const struct line *line, unsigned long when, enum swap swap, const char *path, int up)
{
	bool begun = false;
	struct swapping { enum swap swap; const char *path; int up; bool *begun; } one = { swap, path, up, &begun };
	struct visit visit = {
		.how = VISIT_HOLD, .when = when, .only_call = -1, .paths_only = true,
		.meanwhile = begin_swap, .context = &one,
	};
	char where[512];
	int code;

	snprintf(where, sizeof(where), "%s, %s at %s%s, at its path call %lu", line->name, swap_names[swap], path,
		 up == 0 ? "" : up == 1 ? "'s parent" : "'s grandparent", when);
	run_all(line->before, line->before_count);
	code = visit_verb(line, FROM_CAGE, &visit, where);
	if (!is_documented(code) && code != HUNG)
		defect(where, "exit %d", code);
	if (secret_is_out())
		defect(where, "gives away what is root's");
	if (begun) {
		swap_end();
		sweep.steps++;
	}
	undo(line, NULL, where);
}

static void
sweep_swap(const struct line *line)
{
	struct way way;

	walk_way(line, FROM_CAGE, true, &way);
	for (size_t i = 2; line->verb.words[i]; i++) {
		const char *path = path_in(line->verb.words[i]);

		if (!path)
			continue;
		sweep.calls += way.calls;
		for (int up = 0; up < 3; up++) {
			bool possible = false;

			run_all(line->before, line->before_count);
			if (swap_begin(SWAP_SYMLINK, path, up)) {
				possible = true;
				swap_end();
			}
			undo(line, NULL, line->name);
			if (!possible)
				continue;
			for (enum swap swap = 0; swap < SWAP_FILE; swap++) {
				if (up && (swap == SWAP_TRUNCATE || swap == SWAP_HARD_LINK))
					continue;
				for (unsigned long when = 1; when <= way.calls; when += step_of(way.calls))
					swap_at(line, when, swap, path, up);
			}
		}
	}
	forget_way(&way);
}

/* ---- pairs: the end is one that the one or the other order would have given ---- */

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

static void
orders(const struct line *first, const struct line *second, struct state *state)
{
	run_all(first->before, first->before_count);
	run(&first->verb);
	run(&second->verb);
	pause_ms(10);
	state_take(state);
	undo(first, second, first->name);
}

static void
orders_reversed(const struct line *first, const struct line *second, struct state *state)
{
	run_all(first->before, first->before_count);
	run(&second->verb);
	run(&first->verb);
	pause_ms(10);
	state_take(state);
	undo(first, second, first->name);
}

static void
pair_at(const struct line *first, const struct line *second, unsigned long when,
	const struct state *const ends[])
{
	struct meeting meeting = { .second = second };
	struct visit visit = {
		.how = VISIT_HOLD, .when = when, .only_call = -1, .meanwhile = meet, .context = &meeting,
	};
	char where[256], title[400];
	enum likeness likeness;
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
	likeness = SAME_BUT_CONTENTS;
	other = code_of(visit.stranger_status);
	if (!visit.reached) {
		undo(first, second, where);
		return;
	}
	if (!is_documented(code) || !is_documented(other))
		defect(where, "exit %d and %d", code, other);
	snprintf(title, sizeof(title), "not ok pair %s: exit %d and %d, and neither order gives", where, code, other);
	if (!becomes(ends, likeness, title, 40))
		defect(where, "exit %d and %d, and the state is none of either order", code, other);
	undo(first, second, where);
	sweep.steps++;
}

static void
sweep_pair(const struct line *first)
{
	struct way way;

	walk_way(first, FROM_CAGE, false, &way);
	sweep.calls += way.calls;
	for (size_t i = 0; i < line_count; i++) {
		const struct line *second = &lines[i];
		struct state forth, back;
		const struct state *ends[] = { &forth, &back, NULL };

		if (strcmp(first->group, second->group) != 0)
			continue;
		orders(first, second, &forth);
		orders_reversed(first, second, &back);
		for (unsigned long when = 1; when <= way.calls; when += step_of(way.calls))
			pair_at(first, second, when, ends);
		state_free(&forth);
		state_free(&back);
	}
	forget_way(&way);
}

/* ---- hostile launches: the same code and the same state, whatever is handed down ---- */

static void
launch_with(const struct line *line, const struct way *way, const char *hostile, const char *attribute)
{
	const char *words[ARGUMENTS_MAX] = { hostile, attribute };
	char where[256];
	int code;

	snprintf(where, sizeof(where), "%s with %s", line->name, attribute);
	run_all(line->before, line->before_count);
	words_of(&line->verb, words + 2);
	code = run_words(&line->verb, words);
	/* Without stdout there is nobody to tell. */
	if (code != way->code && !(code == 5 && strncmp(attribute, "stdout", 6) == 0))
		defect(where, "exit %d instead of %d", code, way->code);
	else
		judge(line, way, way->code, where);
	undo(line, NULL, where);
	sweep.steps++;
}

static void
sweep_launch(const struct line *line)
{
	char hostile[512], command[600], attribute[64];
	struct way way;
	FILE *list;

	snprintf(hostile, sizeof(hostile), "%s/tests/hostile", getenv("BANGER_BUILD"));
	snprintf(command, sizeof(command), "%s list", hostile);
	walk_way(line, FROM_CAGE, false, &way);
	list = popen(command, "re");
	while (list && fgets(attribute, sizeof(attribute), list)) {
		attribute[strcspn(attribute, "\n")] = '\0';
		/* An attacker's stdin is no input. */
		if (line->verb.input && strncmp(attribute, "stdin", 5) == 0)
			continue;
		launch_with(line, &way, hostile, attribute);
	}
	pclose(list);
	launch_with(line, &way, hostile, "all");
	forget_way(&way);
}

/* ---- paths ---- */

static int
expect_path(const struct line *line, size_t index, const char *operand, const char *what, int wanted)
{
	const char *words[ARGUMENTS_MAX];
	char where[512];
	int code;

	snprintf(where, sizeof(where), "%s with %.300s (%.60s)", line->name, line->verb.words[index], what);
	words_of(&line->verb, words);
	if (operand)
		words[index] = operand;
	code = run_words(&line->verb, words);
	if (code != wanted)
		defect(where, "exit %d instead of %d", code, wanted);
	if (secret_is_out())
		defect(where, "gives away what is root's");
	sweep.steps++;
	return code;
}

/* A path that names nothing, for verbs to which that is not 3; and those that compare it with what a process
 * was started with, and never look there. */
static const struct path_code { const char *verb; int absent, compared; } path_codes[] = {
	{ "ensure-socket-access", 6, -1 }, { "find-pid", 7, -1 }, { "process-running", 7, 0 },
	{ "wait-for-exit", 0, 6 }, { "", 3, -1 },
};

static const struct path_code *
codes_of(const char *verb)
{
	const struct path_code *codes = path_codes;

	while (*codes->verb && strcmp(codes->verb, verb) != 0)
		codes++;
	return codes;
}

/* One spelling of a path that is not the canonical one, or is another name that the owner could give. */
static bool
spell(unsigned number, const char *prefix, const char *path, char *out, size_t size, bool *is_name)
{
	static const struct { const char *before, *after; bool is_name; } around[] = {
		{ "/", "" }, { "//", "" }, { "/.", "" }, { "/..", "" }, { ".", "" }, { "..", "" }, { "~", "" },
		{ "", "/" }, { "", "//" }, { "", "/." }, { "", "/.." }, { "", "/../x" }, { "", "/x" }, { "", " " },
		{ " ", "" }, { "", "\t" }, { "", "\n" }, { "", "\r" }, { "", "\\", true }, { "", "\x01" }, { "", "\x1b[2J" },
		{ "", "\x7f" }, { "", "\xc3\xa9" }, { "", "\xff" }, { "", "\xe2\x80\xae" }, { "", "*", true }, { "", "?", true },
		{ "", "$IFS", true }, { "", "`id`", true }, { "", ";id", true }, { "", "%s%n", true }, { "/proc/self/root", "" },
		{ "/proc/1/root", "" }, { "/dev/fd/0", "" }, { "file://", "" }, { "/etc/../", "" },
	};
	static const char *const alone[] = {
		"", "/", ".", "..", "-", "--", "/etc/shadow", "/dev/mem", "/proc/self/mem", "/run/canary/file",
		"/var/lib/banger", "/var/lib/banger/", "/var/lib/banger/jail/firecracker", "/run/banger",
	};
	const size_t arounds = sizeof(around) / sizeof(around[0]), alones = sizeof(alone) / sizeof(alone[0]);

	*is_name = number < arounds && around[number].is_name;
	if (number < arounds) {
		snprintf(out, size, "%s%s%s%s", prefix, around[number].before, path, around[number].after);
	} else if (number < arounds + alones) {
		snprintf(out, size, "%s%s", prefix, alone[number - arounds]);
	} else if (number == arounds + alones) {
		snprintf(out, size, "%s%s", prefix, path);
		memset(out + strlen(out), 'x', 4200);
	} else {
		return false;
	}
	return true;
}

static int
code_for(const char *verb, enum swap swap)
{
	const struct path_code *codes = codes_of(verb);

	return codes->compared >= 0 ? codes->compared : swap == SWAP_UNLINK ? codes->absent :
	       swap == SWAP_LEASE ? 6 : 3;
}

/* The owner's own, another one, is no trespass. */
static bool
is_trespass(enum swap swap, int up)
{
	if (swap == SWAP_EXCHANGE || swap == SWAP_TRUNCATE || swap == SWAP_RECREATE)
		return false;
	return up == 0 || swap == SWAP_SYMLINK || swap == SWAP_FIFO || swap == SWAP_FILE || swap == SWAP_UNLINK;
}

static void
swap_each(const struct line *line, size_t index, const char *path)
{
	for (int up = 0; up < 3; up++) {
		for (enum swap swap = 0; swap < SWAP_COUNT; swap++) {
			char what[64];
			int code;

			if (!is_trespass(swap, up) || !swap_begin(swap, path, up))
				continue;
			snprintf(what, sizeof(what), "%s%s", swap_names[swap],
				 up == 0 ? "" : up == 1 ? " as parent" : " as grandparent");
			code = expect_path(line, index, NULL, what, code_for(line->name, swap));
			swap_end();
			if (code == 0) {
				undo(line, NULL, what);
				run_all(line->before, line->before_count);
			}
		}
	}
}

static void
sweep_paths(const struct line *line)
{
	for (size_t i = 2; line->verb.words[i]; i++) {
		const char *path = path_in(line->verb.words[i]);
		char prefix[64] = "", spelt[8192] = "";
		bool is_name;

		if (!path)
			continue;
		snprintf(prefix, sizeof(prefix), "%.*s", (int)(path - line->verb.words[i]), line->verb.words[i]);
		run_all(line->before, line->before_count);
		swap_each(line, i, path);
		for (unsigned nr = 0; spell(nr, prefix, path, spelt, sizeof(spelt) - 4300, &is_name); nr++) {
			/* Below a socket there is nothing: who only compares need not know. */
			is_name |= codes_of(line->name)->compared >= 0 && strlen(spelt) > 2 &&
				   strcmp(spelt + strlen(spelt) - 2, "/x") == 0 &&
				   !strstr(spelt, "..");
			expect_path(line, i, spelt, spelt, is_name ? codes_of(line->name)->absent : 3);
			memset(spelt, 0, sizeof(spelt));
		}
		undo(line, NULL, line->name);
	}
}

/* ---- */

static const struct { const char *name; void (*put_through)(const struct line *line); } classes[] = {
	{ "kill", sweep_kill }, { "begin", sweep_begin }, { "fail", sweep_fail }, { "without", sweep_without },
	{ "swap", sweep_swap }, { "pair", sweep_pair }, { "launch", sweep_launch }, { "paths", sweep_paths },
};

static void
put_through(void (*class)(const struct line *line), FILE *tally)
{
	for (size_t i = 0; i < line_count; i++) {
		const struct line *line = &lines[i];

		if (sweep.only && strcmp(sweep.only, line->name) != 0)
			continue;
		sweep.calls = sweep.steps = sweep.defects = 0;
		class(line);
		if (sweep.steps == 0)
			continue;
		printf("%s %s: %lu calls, %lu steps, %lu defects\n", sweep.class, line->name, sweep.calls,
		       sweep.steps, sweep.defects);
		fflush(stdout);
		if (tally)
			fprintf(tally, "%s %s %lu %lu %lu\n", sweep.class, line->name, sweep.calls, sweep.steps,
				sweep.defects);
		sweep.all_calls += sweep.calls;
		sweep.all_steps += sweep.steps;
		sweep.all_defects += sweep.defects;
	}
}

static void
on_alarm(int nr)
{
	(void)nr;
}

int
main(int argc, char *argv[])
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const char *tally = getenv("BANGER_SWEEP_TALLY");
	FILE *tally_file = tally ? fopen(tally, "ae") : NULL;

	if (argc < 3)
		return 2;
	sweep.class = argv[1];
	plan_read(argv[2]);
	sweep.limit = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	sweep.only = argc > 4 ? argv[4] : NULL;
	sweep.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sweep.out = memfd_create("stdout", MFD_CLOEXEC);
	sweep.err = memfd_create("stderr", MFD_CLOEXEC);
	sigaction(SIGALRM, &action, NULL);
	state_take(&sweep.clean);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(classes[i].name, sweep.class) == 0)
			put_through(classes[i].put_through, tally_file);
	if (tally_file)
		fclose(tally_file);
	printf("%s: %lu steps, %lu defects\n", sweep.class, sweep.all_steps, sweep.all_defects);
	return sweep.all_steps == 0 ? 2 : sweep.all_defects != 0;
}
