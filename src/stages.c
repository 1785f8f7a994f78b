/*
 * stages.c: the last step of main: a verb's stages, each in its cage.
 *
 * The last stage is this process, those before it are children, one after another.  Where one of these touches
 * something, the last one's cage closes first: if that cannot close nothing has been touched, and of whatever fails
 * afterwards there is somebody left to undo it.  Then a child goes ahead with the stages before it.  Where none does,
 * it closes while the stage before it is at work.
 */
#include "steps.h"

#include "cage/cage.h"
#include "say/say.h"
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- what all stages give up ---- */

uint64_t
step_bounding(const struct verb *verb)
{
	uint64_t bounding = 0;

	for (const struct stage *stage = verb->stages; stage->act; stage++)
		bounding |= cage_bounding(&stage->keep);
	return bounding;
}

/* People who are not root have nothing to drop. */
void
step_bound(uint64_t bounding)
{
	if (geteuid() == 0)
		cage_bound(bounding);
}

/* ---- all but the last ---- */

/* The lock of the stages at hand, and how the taking of it went. */
struct stage_lock { enum lock which; enum code code; };

/* From one stage's lock to the next one's. */
static enum code
change_lock(struct stage_lock *lock, enum lock wanted)
{
	if (lock->which != wanted) {
		if (lock->which != LOCK_NONE && lock->code == CODE_DONE)
			close(FD_STAGE_LOCK);
		lock->which = wanted;
		lock->code = wanted == LOCK_NONE ? CODE_DONE : step_lock(wanted, "", FD_STAGE_LOCK);
	}
	return lock->code;
}

static enum code
act_before(struct run *run)
{
	struct stage_lock lock = { 0 };
	enum code code = CODE_DONE;

	for (unsigned i = 0; i < run->last; i++) {
		const struct stage *stage = &run->verb->stages[i];
		enum code of_stage;

		if ((code != CODE_DONE && !stage->at_any_rate) || (stage->only_if && !stage->only_if()))
			continue;
		/* Killed: nothing more is begun. */
		if (run->last_process && getppid() != run->last_process)
			_exit(CODE_FAILED);
		note_into(&run->course->words[i]);
		of_stage = change_lock(&lock, stage->lock);
		if (of_stage == CODE_DONE)
			of_stage = stage->beside ? act_beside(run, i) :
				   i + 1 == run->last && !run->last_process ? act_meanwhile(run, i) : act_apart(run, i);
		if (code == CODE_DONE)
			code = of_stage;
	}
	change_lock(&lock, LOCK_NONE);
	note_into(NULL);
	return code;
}

/* Until the other end of the pipe is closed; false when its parent ends instead.  That could not kill it, from a
 * cage that lacks CAP_KILL (PR_SET_PDEATHSIG). */
static bool
await_turn(int turn, int parent)
{
	struct pollfd either[] = { { .fd = turn }, { .fd = parent, .events = POLLIN } };

	while (poll(either, 2, -1) < 0 && errno == EINTR)
		;
	close(turn);
	close(parent);
	return either[0].revents && !either[1].revents;
}

static _Noreturn void
go_ahead(struct run *run, int parent, int turn)
{
	run->last_process = getppid();
	say_for_parent();
	if (!await_turn(turn, parent))
		_exit(CODE_FAILED);
	run->course->ends[ALL_BEFORE].code = act_before(run);
	run->course->ends[ALL_BEFORE].over = true;
	_exit(CODE_DONE);
}

/* Sends a child ahead, closes the cage, and only then gives the child its turn, by closing a descriptor of the table
 * that they share. */
static enum code
act_behind(struct run *run)
{
	int turn[2], pidfd, self = (int)syscall(SYS_pidfd_open, getpid(), 0U);
	pid_t child;

	if (self < 0)
		finish(failed(-errno, "cannot hold this process"));
	if (pipe2(turn, O_CLOEXEC) < 0)
		finish(failed(-errno, "cannot make a pipe"));
	child = (pid_t)syscall(SYS_clone, CLONE_FILES | CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, NULL);
	if (child == 0)
		go_ahead(run, self, turn[0]);
	if (child < 0 || dup3(pidfd, FD_AHEAD, O_CLOEXEC) < 0)
		finish(failed(-errno, "cannot start a child"));
	close(pidfd);
	close_last(run);
	if (close(turn[1]) < 0)
		finish(failed(-errno, "cannot give a child its turn"));
	return code_of_ahead(run, ALL_BEFORE, &run->course->words[run->last],
			     "the child that goes ahead did not come to its end");
}

/* ---- all together ---- */

static bool
touches_before(const struct run *run)
{
	for (unsigned i = 0; i < run->last; i++)
		if (run->verb->stages[i].touches)
			return true;
	return false;
}

static bool
another_touches(const struct course *course, unsigned stage)
{
	for (unsigned i = 0; i < STAGES_MAX; i++)
		if (i != stage && course->touches[i])
			return true;
	return false;
}

/* Refused and unsafe mean that nothing was touched: not if another stage has. */
static void
note_stage(const struct course *course, unsigned stage)
{
	const struct words *words = &course->words[stage];
	enum reason reason = words->reason;

	if (reason > REASON_NONE && reason < REASON_COUNT &&
	    (reason_code(reason) == CODE_REFUSED || reason_code(reason) == CODE_UNSAFE) &&
	    another_touches(course, stage))
		reason = REASON_FAILED;
	note_again(words, reason);
}

enum code
step_act(const struct verb *verb, const struct settings *settings)
{
	struct run run = { .verb = verb, .settings = settings };
	enum code code, of_last;

	while (verb->stages[run.last + 1].act)
		run.last++;
	if (run.last == 0) {
		close_last(&run);
		return verb->stages[0].act(settings);
	}
	step_bound(step_bounding(verb));
	run.course = mmap(NULL, sizeof(*run.course), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run.course == MAP_FAILED)
		return failed(-errno, "cannot share memory");
	code = touches_before(&run) ? act_behind(&run) : act_before(&run);
	for (unsigned i = 0; i < run.last; i++)
		note_stage(run.course, i);
	if (code != CODE_DONE && !verb->stages[run.last].at_any_rate)
		return code;
	if (!run.is_closed)
		close_last(&run);
	note_into(&run.course->words[run.last]);
	of_last = verb->stages[run.last].act(settings);
	note_into(NULL);
	note_stage(run.course, run.last);
	return code == CODE_DONE ? of_last : code;
}
