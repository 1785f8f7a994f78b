/*
 * fail.c: the verb's N-th call gives an error, for each N and each error that the call may give; likewise from the
 * first call of its main on, until the cage is closed (start).
 */
#include "sweep/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

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

/* Stages run side by side: the call that comes as the N-th need not be the one that did when they were counted. */
static bool
may_give(long call, int error)
{
	const int *errors = errors_of(call);

	while (*errors && *errors != error)
		errors++;
	return *errors == error;
}

/* What could not be found out is neither done nor refused, busy or no.  EPERM may be an answer, to whether something is
 * root's, and ENOSYS a reason to refuse. */
static bool
takes_trouble_for_answer(const struct way *way, int code, int error)
{
	bool refused = code == 3 || code == 6;

	return code != way->code && error != EPERM && (code == 0 || code == 7 || (refused && error != ENOSYS));
}

static void
fail_at(const struct line *line, enum start start, const struct way *way, unsigned long when, long call, int error)
{
	struct visit visit = {
		.how = VISIT_ANSWER, .when = when, .only_call = -1, .error = error, .until_cage = start == FROM_MAIN,
		.may_give = may_give,
	};
	char where[256];
	int code;

	snprintf(where, sizeof(where), "%s at its call %lu (%ld) with %s", line->name, when, call,
		 strerrorname_np(error));
	run_all(line->before, line->before_count);
	code = visit_verb(line, start, &visit, where);
	/* What is done is done when nobody can be told. */
	if (visit.is_on_stdout && is_documented(code))
		code = way->code;
	/* And a stdin that cannot be looked at is an empty one, which is refused where there must be something in it. */
	if (takes_trouble_for_answer(way, code, error) && !(visit.is_on_stdin && code == 3))
		defect(where, "exit %d instead of %d is no answer", code, way->code);
	judge(line, way, code, where);
	undo(line, NULL, where);
	sweep.steps += visit.reached;
}

static unsigned long
count_of(const int *errors)
{
	unsigned long count = 0;

	while (errors[count])
		count++;
	return count;
}

/* Of the same call, made over and over, as for each of 41 capabilities in each cage. */
enum { ENOUGH_OF_THE_SAME = 6 };

static bool
is_more_of_the_same(const struct way *way, unsigned long when)
{
	if (sweep.limit == 0 || when <= ENOUGH_OF_THE_SAME || when >= CALLS_MAX)
		return false;
	for (unsigned long back = 1; back <= ENOUGH_OF_THE_SAME; back++)
		if (way->call[when - back] != way->call[when])
			return false;
	return true;
}

/* With all errors that the call may give; where there is a limit, with so many of them, in turn. */
static void
fail_call(const struct line *line, enum start start, const struct way *way, unsigned long when, unsigned long limit)
{
	long call = way->call[when < CALLS_MAX ? when : 0];
	const int *errors = errors_of(call);
	unsigned long count = is_among(call, infallible) || is_more_of_the_same(way, when) ? 0 : count_of(errors);

	for (unsigned long i = 0; i < count && (i < limit || limit == 0); i++)
		fail_at(line, start, way, when, call, errors[(when + i) % count]);
}

void
sweep_fail(const struct line *line)
{
	struct way way;

	walk_way(line, FROM_CAGE, false, &way);
	sweep.calls += way.calls;
	for (unsigned long when = 1; when <= way.calls; when++)
		fail_call(line, FROM_CAGE, &way, when, sweep.limit);
	forget_way(&way);
}

static unsigned long
calls_until_cage(const struct way *way)
{
	for (unsigned long nr = 1; nr <= way->calls && nr < CALLS_MAX; nr++)
		if (way->call[nr] == SYS_seccomp)
			return nr;
	return way->calls;
}

void
sweep_start(const struct line *line)
{
	struct way way;
	unsigned long calls;

	walk_way(line, FROM_MAIN, false, &way);
	calls = calls_until_cage(&way);
	sweep.calls += calls;
	for (unsigned long when = first_of(calls); when <= calls; when += step_of(calls))
		fail_call(line, FROM_MAIN, &way, when, sweep.limit ? 1 : 0);
	forget_way(&way);
}
