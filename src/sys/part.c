/*
 * part.c: one byte each way, then the result.  All children gate at once; who speaks, and who acts, the parent says.
 *
 * Both ends of the pair are the only copies: when a child ends, the parent reads the end of the file; when
 * the parent ends, however it does, so does every child that was not told to act.
 */
#include "sys/part.h"

#include "keep.h"
#include "say/say.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char ready = 'r', refuses = 'n', go = 'g';

/* In the child, which shall hold no other child's socket: who has one can tell that child to act.  The parent says so
 * when it ends here. */
static void
become_part(int end)
{
	if (dup3(end, STDOUT_FILENO, 0) < 0 || syscall(SYS_close_range, FD_AUDIT + 1U, ~0U, 0U) < 0)
		_exit(CODE_FAILED);
	print_to_nobody(false);
}

int
part_fork(struct parts *parts, const char *name)
{
	struct part *part = &parts->each[parts->count];
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	part->name = name;
	part->fd = FD_PARTS + (int)parts->count;
	if (dup3(ends[0], part->fd, O_CLOEXEC) < 0)
		return -errno;
	close(ends[0]);
	part->child = fork();
	if (part->child < 0)
		return -errno;
	if (part->child == 0) {
		become_part(ends[1]);
		return 0;
	}
	close(ends[1]);
	parts->count++;
	return 1;
}

static int
await_go(char own)
{
	char word;

	if (send(STDOUT_FILENO, &own, 1, MSG_NOSIGNAL) < 0)
		return 0;
	switch (recv(STDOUT_FILENO, &word, 1, 0)) {
	case 1:
		return word == go;
	case 0:
		return 0;
	default:
		return errno == ECONNRESET ? 0 : -errno;
	}
}

int
part_await(void)
{
	return await_go(ready);
}

bool
part_await_word(void)
{
	return await_go(refuses) == 1;
}

static int
wait_for(const struct part *part, int *status)
{
	close(part->fd);
	while (waitpid(part->child, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

enum gated
part_gated(const struct part *part, int *status)
{
	char word = '\0';
	bool said = recv(part->fd, &word, 1, 0) == 1;

	*status = 0;
	if (said && word == ready)
		return GATED_READY;
	said = said && send(part->fd, &go, 1, MSG_NOSIGNAL) == 1;
	(void)wait_for(part, status);
	return said && WIFEXITED(*status) ? GATED_REFUSED : GATED_LOST;
}

/* A verb at work has parsed what a guest wrote, perhaps: its line must not become two. */
static bool
is_object(const char *text, size_t length)
{
	if (length < 3 || text[0] != '{' || text[length - 2] != '}' || text[length - 1] != '\n')
		return false;
	for (size_t i = 0; i < length - 1; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

int
part_run(const struct part *part, int *status, char *out, size_t size)
{
	size_t length = 0;
	ssize_t got;

	if (send(part->fd, &go, 1, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return -errno;
	while ((got = recv(part->fd, out + length, size - length, 0)) > 0)
		length += (size_t)got;
	if (got < 0 && errno != ECONNRESET)
		return -errno;
	out[is_object(out, length) ? length - 1 : 0] = '\0';
	return wait_for(part, status);
}

void
part_dismiss(const struct part *part)
{
	int status;

	(void)wait_for(part, &status);
}
