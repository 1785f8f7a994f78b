/*
 * stage.c: what a stage does in its child, and the three ways to run one: apart, meanwhile, beside.
 */
#include "stage.h"

#include "cage/cage.h"
#include "sys/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEGIN_MS = 10000, END_MS = 5000 };

static bool *touches;           /* what it says of itself */

void
stage_touched_nothing(void)
{
	if (touches)
		*touches = false;
}

static _Noreturn void
be_stage(const struct run *run, unsigned stage)
{
	const struct settings *settings = run->settings;
	const struct stage *self = &run->verb->stages[stage];
	struct course *course = run->course;

	say_for_parent();
	cage_close(&self->keep, settings->owner.uid, settings->owner.gid);
	touches = &course->touches[stage];
	*touches = self->touches;
	course->ends[stage].code = self->act(settings);
	course->ends[stage].over = true;
	finish(course->ends[stage].code);
}

/* ---- a stage after another ---- */

/* fork, but for the table of descriptors where the child's shall be ours, and for the pidfd, where there is a place for
 * it.  What goes on is a child of the last stage's, which can wait for it. */
static pid_t
divide(const struct run *run, const struct stage *stage, int *pidfd)
{
	unsigned long flags = SIGCHLD | (stage->opens ? CLONE_FILES : 0) | (pidfd ? CLONE_PIDFD : 0);

	if (stage->beside && run->last_process)
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

enum code
act_apart(const struct run *run, unsigned stage)
{
	pid_t child = divide(run, &run->verb->stages[stage], NULL);

	if (child == 0)
		be_stage(run, stage);
	return child < 0 ? failed(-errno, "cannot start a child") : await_end(child);
}

/* ---- the last stage closes its cage ---- */

void
close_last(struct run *run)
{
	cage_close(&run->verb->stages[run->last].keep, run->settings->owner.uid, run->settings->owner.gid);
	run->is_closed = true;
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

enum code
code_of_ahead(const struct run *run, unsigned which, const struct words *words, const char *without_end)
{
	ahead_has_ended();
	if (run->course->ends[which].over)
		return code_of((int)run->course->ends[which].code);
	return words->reason == REASON_NONE ? refused(REASON_FAILED, "%s", without_end) : CODE_FAILED;
}

enum code
act_meanwhile(struct run *run, unsigned stage)
{
	enum code code;
	int pidfd;
	pid_t child;

	/* Nobody can wait for it: it leaves nothing to be waited for. */
	signal(SIGCHLD, SIG_IGN);
	child = divide(run, &run->verb->stages[stage], &pidfd);
	if (child == 0)
		be_stage(run, stage);
	if (child < 0)
		return failed(-errno, "cannot start a child");
	if (dup3(pidfd, FD_AHEAD, O_CLOEXEC) < 0) {
		code = failed(-errno, "cannot hold a child");
		(void)pidfd_end(pidfd, END_MS, "a child to end");
		return code;
	}
	close(pidfd);
	say_after(ahead_has_ended);
	close_last(run);
	say_after(NULL);
	code = code_of_ahead(run, stage, &run->course->words[stage], "a child did not come to its end");
	close(FD_AHEAD);
	return code;
}

/* ---- a stage beside the next ones ---- */

/* It does nothing before somebody has it under its number: that is said with a byte, and unsaid by its end. */
static _Noreturn void
be_stage_once_held(const struct run *run, unsigned stage, const int ends[2])
{
	char byte;

	close(ends[0]);
	if (read(ends[1], &byte, 1) != 1)
		_exit(CODE_FAILED);
	be_stage(run, stage);
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
enum code
act_beside(const struct run *run, unsigned stage)
{
	const struct stage *self = &run->verb->stages[stage];
	int rc, pidfd = -1, ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return failed(-errno, "cannot make a pair of sockets");
	child = divide(run, self, &pidfd);
	if (child == 0)
		be_stage_once_held(run, stage, ends);
	rc = child < 0 ? -errno : dup3(pidfd, (int)self->beside, O_CLOEXEC) < 0 ? -errno : 0;
	close(ends[1]);
	if (rc == 0 && send(ends[0], "", 1, MSG_NOSIGNAL) != 1)
		rc = -errno;
	if (rc == 0)
		rc = await_begin(ends[0]);
	close(ends[0]);
	if (child < 0)
		return failed(rc, "cannot start a child");
	if (rc < 0 || run->course->words[stage].reason != REASON_NONE)
		return give_up(child, pidfd, self->beside, rc);
	close(pidfd);
	return CODE_DONE;
}
