/*
 * floor-ext4 read|write IMAGE PATH...: as floor, for the verbs that read and write files in an image, which is opened in
 * one cage and gone through in another.
 */
#include "caged.h"
#include "least-ext4.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define IMAGE "20"
enum { FD_IMAGE = 20 };

/* In a child, as its owner; the table of descriptors is ours. */
static int
open_image(const char *image, int how)
{
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	int status = 1, fd;

	if (child == 0) {
		caged_close(OWNER, 0);
		fd = open(image, how);
		_exit(flock(fd, LOCK_SH | LOCK_NB) < 0 || dup3(fd, FD_IMAGE, O_CLOEXEC) < 0 || close(fd) < 0);
	}
	return child < 0 || waitpid(child, &status, 0) < 0 || status;
}

int
main(int argc, char *argv[])
{
	const char *bytes;
	unsigned length;

	if (argc < 4)
		return 2;
	caged_begin();
	caged_bound();
	/* Where the two tell each other how it went. */
	if (mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		return 1;
	if (open_image(argv[2], strcmp(argv[1], "read") == 0 ? O_RDONLY : O_RDWR))
		return 1;
	caged_close(NOBODY, 0);
	if (strcmp(argv[1], "write") == 0)
		_exit(least_ext4_write(unixfd_io_manager, IMAGE, argv + 3));
	_exit(least_ext4_read(unixfd_io_manager, IMAGE, argv[3], &bytes, &length) || caged_answer(bytes, length));
}
