/*
 * drain FILE: appends the word "said" to FILE through what appends a guest's console, where each read but every
 * second one fails.
 */
#include "keep.h"
#include "sys/console.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __real_read(int fd, void *bytes, size_t size);

ssize_t
__wrap_read(int fd, void *bytes, size_t size)
{
	static unsigned calls;

	if (calls++ % 2 == 1)
		return __real_read(fd, bytes, size);
	errno = ENOMEM;
	return -1;
}

int
main(int argc, char *argv[])
{
	int status, file = argc == 2 ? open(argv[1], O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
	pid_t child;

	/* This process, which waits, is the VM. */
	if (file < 0 || dup2(file, FD_CONSOLE) < 0 || dup2((int)syscall(SYS_pidfd_open, getpid(), 0U), FD_CHILD) < 0 ||
	    console_open() < 0 ||
	    write(FD_CONSOLE_IN, "said\n", 5) != 5)
		return 126;
	close(FD_CONSOLE_IN);
	child = fork();
	if (child == 0)
		_exit(console_drain() == 0 ? 0 : 1);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
