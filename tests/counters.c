/*
 * counters.c: in a build with -Dcoverage=true, puts a file that all its processes share under gcov's counters.
 *
 * gcov writes what it counted when a program returns.  Ours leaves by _exit, by exec, by the signal that a sweep
 * sends it, and mostly from a cage in which no file can be opened.  With COUNTERS_FILE mapped over the counters
 * before main, each count is in the file as it is made, and no system call is added to those of any cage.
 *
 * With BANGER_COVERAGE in the environment it ends here, the usual way: gcov writes the sums of them all.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern char counters_begin[], counters_end[];   /* counters.ld */

__attribute__((constructor)) static void
share_counters(void)
{
	size_t size = (size_t)(counters_end - counters_begin);
	int fd = open(COUNTERS_FILE, O_RDWR | O_CLOEXEC);

	/* Not asked to count, or without a descriptor to spare. */
	if (fd < 0)
		return;
	if (ftruncate(fd, (off_t)size) == 0)
		(void)mmap(counters_begin, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
	if (getenv("BANGER_COVERAGE"))
		exit(EXIT_SUCCESS);
}
