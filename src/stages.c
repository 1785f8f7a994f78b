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
#include "sys/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEGIN_MS = 10000, END_MS = 5000 };

/* What these processes tell each other. */
static struct course {
	struct words words[STAGES_MAX];         /* of each stage */
	bool touches[STAGES_MAX];               /* which of them may have */
	struct { bool over; enum code code; } ends[STAGES_MAX + 1];     /* at the end: of all but the last */
} *course;

enum { ALL_BEFORE = STAGES_MAX };

static pid_t last_process;                      /* where that is another one, the parent */
static bool is_closed;                          /* this one's cage */

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

/* ---- one stage, in a child ---- */

static bool *touches;                           /* what it says of itself */

void
stage_touched_nothing(void)
{
	if (touches)
		*touches = false;
}

static _Noreturn void
be_stage(const struct verb *verb, unsigned stage, const struct settings *settings)
{
	const struct stage *self = &verb->stages[stage];

	say_for_parent();
	cage_close(&self->keep, settings->owner.uid, settings->owner.gid);
	touches = &course->touches[stage];
	*touches = self->touches;
	course->ends[stage].code = self->act(settings);
	course->ends[stage].over = true;
	finish(course->ends[stage].code);
}

/* fork, but for the table of descriptors where the child's shall be ours, and for the pidfd, where there is a place for
 * it.  What goes on is a child of the last stage's, which can wait for it. */
static pid_t
divide(const struct stage *stage, int *pidfd)
{
	unsigned long flags = SIGCHLD | (stage->opens ? CLONE_FILES : 0) | (pidfd ? CLONE_PIDFD : 0);

	if (stage->beside && last_process)
		flags |= CLONE_PARENT;
	return (pid_t)syscall(SYS_clone, flags, NULL, pidfd, NULL, NULL);
}

static enum code
await_end(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return failed(-errno, "cannot wait for a child");
	return WIFEXITED(status) ? code_of(WEXITSTATUS(status)) :
	       refused(REASON_FAILED, "a child was killed by signal %d", WTERMSIG(status));
}

static enum code
act_apart(const struct verb *verb, unsigned stage, const struct settings *settings)
{
	pid_t child = divide(&verb->stages[stage], NULL);

	if (child == 0)
		be_stage(verb, stage, settings);
	return child < 0 ? failed(-errno, "cannot start a child") : await_end(child);
}

static void
close_last(const struct verb *verb, unsigned last, const struct settings *settings)
{
	cage_close(&verb->stages[last].keep, settings->owner.uid, settings->owner.gid);
	is_closed = true;
}

/* Whatever it fails with: nothing is said, nor undone, while it is being done. */
static bool
ahead_has_ended(void)
{
	struct pollfd end = { .fd = FD_AHEAD, .events = POLLIN };

	while (poll(&end, 1, -1) != 1)
		;
	return true;
}

/* From a cage without wait4: what became of it stands in the memory that they share, also why it has no end. */
static enum code
code_of_ahead(unsigned which, const struct words *words, const char *without_end)
{
	ahead_has_ended();
	if (course->ends[which].over)
		return code_of((int)course->ends[which].code);
	return words->reason == REASON_NONE ? refused(REASON_FAILED, "%s", without_end) : CODE_FAILED;
}

/* The last stage's cage closes meanwhile. */
static enum code
act_meanwhile(const struct verb *verb, unsigned stage, const struct settings *settings)
{
	enum code code;
	int pidfd;
	pid_t child;

	/* Nobody can wait for it: it leaves nothing to be waited for. */
	signal(SIGCHLD, SIG_IGN);
	child = divide(&verb->stages[stage], &pidfd);
	if (child == 0)
		be_stage(verb, stage, settings);
	if (child < 0)
		return failed(-errno, "cannot start a child");
	if (dup3(pidfd, FD_AHEAD, O_CLOEXEC) < 0) {
		code = failed(-errno, "cannot hold a child");
		(void)pidfd_end(pidfd, END_MS, "a child to end");
		return code;
	}
	close(pidfd);
	say_after(ahead_has_ended);
	close_last(verb, stage + 1, settings);
	say_after(NULL);
	code = code_of_ahead(stage, &course->words[stage], "a child did not come to its end");
	close(FD_AHEAD);
	return code;
}

/* It does nothing before somebody has it under its number: that is said with a byte, and unsaid by its end. */
static _Noreturn void
be_stage_once_held(const struct verb *verb, unsigned stage, const struct settings *settings, const int ends[2])
{
	char byte;

	close(ends[0]);
	if (read(ends[1], &byte, 1) != 1)
		_exit(CODE_FAILED);
	be_stage(verb, stage, settings);
}

/* Until it has let go of its end, or ended. */
static int
await_begin(int ours)
{
	struct pollfd end = { .fd = ours };
	int ready;

	do
		ready = poll(&end, 1, BEGIN_MS);
	while (ready < 0 && errno == EINTR);
	return ready < 0 ? -errno : ready == 0 ? -ETIMEDOUT : 0;
}

/* Nothing is said, nor undone, while it may still do something.  If it noted why it does not begin, that is why. */
static enum code
give_up(pid_t child, int pidfd, enum descriptor number, int rc)
{
	int ended = pidfd_end(pidfd, END_MS, "a child to end");
	enum code code = rc < 0 ? failed(rc, "a child cannot begin") : CODE_FAILED;

	close(pidfd);
	/* The last stage tries again. */
	if (ended < 0 && ended != -EBUSY)
		return failed(ended, "cannot end process %d", (int)child);
	close((int)number);
	return ended == 0 ? code : refused(REASON_IN_USE, "process %d has not ended since it was killed", (int)child);
}

/* Under its number from its first moment, so that the last stage can end it, whatever becomes of this process; but
 * only one that has begun keeps it. */
static enum code
act_beside(const struct verb *verb, unsigned stage, const struct settings *settings)
{
	const struct stage *self = &verb->stages[stage];
	int rc, pidfd = -1, ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return failed(-errno, "cannot make a pair of sockets");
	child = divide(self, &pidfd);
	if (child == 0)
		be_stage_once_held(verb, stage, settings, ends);
	rc = child < 0 ? -errno : dup3(pidfd, (int)self->beside, O_CLOEXEC) < 0 ? -errno : 0;
	close(ends[1]);
	if (rc == 0 && send(ends[0], "", 1, MSG_NOSIGNAL) != 1)
		rc = -errno;
	if (rc == 0)
		rc = await_begin(ends[0]);
	close(ends[0]);
	if (child < 0)
		return failed(rc, "cannot start a child");
	if (rc < 0 || course->words[stage].reason != REASON_NONE)
		return give_up(child, pidfd, self->beside, rc);
	close(pidfd);
	return CODE_DONE;
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
act_before(const struct verb *verb, unsigned last, const struct settings *settings)
{
	struct stage_lock lock = { 0 };
	enum code code = CODE_DONE;

	for (unsigned i = 0; i < last; i++) {
		const struct stage *stage = &verb->stages[i];
		enum code of_stage;

		if ((code != CODE_DONE && !stage->at_any_rate) || (stage->only_if && !stage->only_if()))
			continue;
		/* Killed: nothing more is begun. */
		if (last_process && getppid() != last_process)
			_exit(CODE_FAILED);
		note_into(&course->words[i]);
		of_stage = change_lock(&lock, stage->lock);
		if (of_stage == CODE_DONE)
			of_stage = stage->beside ? act_beside(verb, i, settings) :
				   i + 1 == last && !last_process ? act_meanwhile(verb, i, settings) :
				   act_apart(verb, i, settings);
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
go_ahead(const struct verb *verb, unsigned last, const struct settings *settings, int parent, int turn)
{
	last_process = getppid();
	say_for_parent();
	if (!await_turn(turn, parent))
		_exit(CODE_FAILED);
	course->ends[ALL_BEFORE].code = act_before(verb, last, settings);
	course->ends[ALL_BEFORE].over = true;
	_exit(CODE_DONE);
}

/* Sends a child ahead, closes the cage, and only then gives the child its turn, by closing a descriptor of the table
 * that they share. */
static enum code
act_behind(const struct verb *verb, unsigned last, const struct settings *settings)
{
	int turn[2], pidfd, self = (int)syscall(SYS_pidfd_open, getpid(), 0U);
	pid_t child;

	if (self < 0)
		finish(failed(-errno, "cannot hold this process"));
	if (pipe2(turn, O_CLOEXEC) < 0)
		finish(failed(-errno, "cannot make a pipe"));
	child = (pid_t)syscall(SYS_clone, CLONE_FILES | CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, NULL);
	if (child == 0)
		go_ahead(verb, last, settings, self, turn[0]);
	if (child < 0 || dup3(pidfd, FD_AHEAD, O_CLOEXEC) < 0)
		finish(failed(-errno, "cannot start a child"));
	close(pidfd);
	close_last(verb, last, settings);
	if (close(turn[1]) < 0)
		finish(failed(-errno, "cannot give a child its turn"));
	return code_of_ahead(ALL_BEFORE, &course->words[last], "the child that goes ahead did not come to its end");
}

/* ---- all together ---- */

static bool
touches_before(const struct verb *verb, unsigned last)
{
	for (unsigned i = 0; i < last; i++)
		if (verb->stages[i].touches)
			return true;
	return false;
}

static bool
another_touches(unsigned stage)
{
	for (unsigned i = 0; i < STAGES_MAX; i++)
		if (i != stage && course->touches[i])
			return true;
	return false;
}

/* Refused and unsafe mean that nothing was touched: not if another stage has. */
static void
note_stage(unsigned stage)
{
	const struct words *words = &course->words[stage];
	enum reason reason = words->reason;

	if (reason > REASON_NONE && reason < REASON_COUNT &&
	    (reason_code(reason) == CODE_REFUSED || reason_code(reason) == CODE_UNSAFE) && another_touches(stage))
		reason = REASON_FAILED;
	note_again(words, reason);
}

enum code
step_act(const struct verb *verb, const struct settings *settings)
{
	unsigned last = 0;
	enum code code, of_last;

	while (verb->stages[last + 1].act)
		last++;
	if (last == 0) {
		close_last(verb, last, settings);
		return verb->stages[0].act(settings);
	}
	step_bound(step_bounding(verb));
	course = mmap(NULL, sizeof(*course), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (course == MAP_FAILED)
		return failed(-errno, "cannot share memory");
	code = touches_before(verb, last) ? act_behind(verb, last, settings) : act_before(verb, last, settings);
	for (unsigned i = 0; i < last; i++)
		note_stage(i);
	if (code != CODE_DONE && !verb->stages[last].at_any_rate)
		return code;
	if (!is_closed)
		close_last(verb, last, settings);
	note_into(&course->words[last]);
	of_last = verb->stages[last].act(settings);
	note_into(NULL);
	note_stage(last);
	return code == CODE_DONE ? of_last : code;
}
