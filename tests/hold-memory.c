/*
 * hold-memory FILE: waits, and so does whoever asks for its command line, for as long as nobody answers a read of FILE
 * but the first, which fails (fuse.h, FUSE_HOLDS).
 *
 * A second attempt to bring a page in keeps the lock of the memory, another thread waits to change that, and behind it
 * everybody.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static void *
touch(void *page)
{
	(void)*(volatile char *)page;
	return NULL;
}

int
main(int argc, char *argv[])
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	pthread_t reader;
	char *page;

	/* One page at a time. */
	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM) != 0)
		return 1;
	page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED || pthread_create(&reader, NULL, touch, page) != 0)
		return 1;
	/* As often as it takes for the reader to be there. */
	for (;;) {
		void *other = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		munmap(other, PAGE);
		usleep(1000);
	}
}
