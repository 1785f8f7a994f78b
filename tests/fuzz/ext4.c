/*
 * ext4: libFuzzer on the reader and the writer of ext4 images.
 *
 * An input is one byte that picks an image of the directory BANGER_FUZZ_IMAGES, and then changes to it, of
 * five bytes each: where (24 bits, the first for: in the superblock and the groups' table), what, and how many times.  tests/fuzz/ext4.bash makes the images and
 * runs it.
 */
#include "keep.h"
#include "sys/ext4-read.h"
#include "sys/ext4-transaction.h"
#include "sys/ext4-write.h"
#include "sys/ext4.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A name for which there is no room. */
#define OF_50 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define LONG OF_50 OF_50 OF_50 OF_50

enum { IMAGES_MAX = 16, CHANGE_BYTES = 5, SUPER_OFFSET = 1024, SUPER_BYTES = 1024, GROUP_BYTES = 64 };

static struct { unsigned char *bytes; size_t length; } images[IMAGES_MAX];
static unsigned image_count;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *path = getenv("BANGER_FUZZ_IMAGES");
	DIR *directory = path ? opendir(path) : NULL;
	struct dirent *entry;

	(void)argc;
	(void)argv;
	while (directory && (entry = readdir(directory)) && image_count < IMAGES_MAX) {
		int fd = openat(dirfd(directory), entry->d_name, O_RDONLY);
		struct stat status;

		if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
			images[image_count].length = (size_t)status.st_size;
			images[image_count++].bytes = mmap(NULL, (size_t)status.st_size, PROT_READ,
							   MAP_PRIVATE, fd, 0);
		}
		close(fd);
	}
	if (image_count == 0 || dup2(memfd_create("image", 0), FD_IMAGE) < 0) {
		fprintf(stderr, "BANGER_FUZZ_IMAGES must be a directory of images\n");
		exit(EXIT_FAILURE);
	}
	return 0;
}

static void
make_image(const uint8_t *data, size_t size)
{
	unsigned which = data[0] % image_count;
	size_t length = images[which].length;

	if (ftruncate(FD_IMAGE, 0) < 0 || pwrite(FD_IMAGE, images[which].bytes, length, 0) < 0)
		abort();
	for (data++, size--; size >= CHANGE_BYTES; data += CHANGE_BYTES, size -= CHANGE_BYTES) {
		size_t at = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % length;
		size_t times = data[4] % 16 == 15 ? data[4] : data[4] % 4 + 1;
		unsigned char run[256];

		/* One in two goes where a single byte decides on all others. */
		if (data[0] & 0x80)
			at = SUPER_OFFSET + at % (SUPER_BYTES + GROUP_BYTES);
		memset(run, data[3], sizeof(run));
		if (pwrite(FD_IMAGE, run, times < length - at ? times : length - at, (off_t)at) < 0)
			abort();
	}
}

static void
read_it(void)
{
	static const char *const paths[] = { "/etc/hostname", "/large", "/links/up", "/d/x", "/links/long" };
	ext2_filsys fs;
	const char *why;

	if (ext4_open(EXT4_READ, &fs, &why) == 0)
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
			ext2_ino_t inode;
			uint64_t length;
			char *bytes;

			if (ext4_walk(fs, paths[i], &inode) == 0 &&
			    ext4_read(fs, inode, 1 << 20, &bytes, &length) == 0)
				free(bytes);
		}
	if (fs)
		ext2fs_free(fs);
}

static void
write_it(void)
{
	static const struct inside_file files[] = {
		{ .path = { "/n" }, .is_directory = true, .mode = 0755 },
		{ .path = { "/n/f" }, .mode = 0644, .size = 3000 },
		{ .path = { "/etc/hostname" }, .mode = 0600, .uid = 70000, .size = 10 },
		{ .path = { "/large" }, .mode = 0600, .size = 1 },
		{ .path = { "/many/" LONG }, .mode = 0600 },
		{ .path = { "/full/" LONG }, .is_directory = true, .mode = 0700 },
	};
	static const char contents[4096];
	ext2_filsys fs;
	const char *why;
	unsigned failed;
	bool put_back;

	if (ext4_open(EXT4_WRITE, &fs, &why) == 0 && ext4_put(fs, files, 6, contents, &failed) == 0)
		(void)ext4_transaction_commit(&put_back);
	if (fs)
		ext2fs_free(fs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = NULL;

	if (size == 0)
		return 0;
	make_image(data, size);
	(void)ext4_inspect(&why);
	read_it();
	write_it();
	return 0;
}
