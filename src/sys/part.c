/*
 * part.c: one byte each way, then the result.
 *
 * Both ends of the pair are the only copies: when a child ends, the parent reads the end of the file; when
 * the parent ends, however it does, so does every child that was not told to act.
 */
#include "sys/part.h"

#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char ready = 'r', go = 'g';

/* In the child, which shall hold no other child's socket: who has one can tell that child to act. */
static int
become_part(int end)
{
	if (dup3(end, STDOUT_FILENO, 0) < 0 || syscall(SYS_close_range, FD_AUDIT + 1U, ~0U, 0U) < 0)
		return -errno;
	return 0;
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
	if (part->child == 0)
		return become_part(ends[1]);
	close(ends[1]);
	parts->count++;
	return 1;
}

bool
part_await(void)
{
	char word;

	return send(STDOUT_FILENO, &ready, 1, MSG_NOSIGNAL) == 1 &&
	       recv(STDOUT_FILENO, &word, 1, 0) == 1 && word == go;
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

bool
part_is_ready(const struct part *part, int *status)
{
	char word;

	*status = 0;
	if (recv(part->fd, &word, 1, 0) == 1 && word == ready)
		return true;
	(void)wait_for(part, status);
	return false;
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
