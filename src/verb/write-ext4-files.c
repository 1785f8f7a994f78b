/*
 * write-ext4-files: files and directories into an ext4 image, their contents from stdin.
 *
 * Lasting effect: those files, new inodes all of them.  An error leaves the image as it was: all is worked
 * out in memory first, and what is written is put back when the host refuses a part of it.  A kill leaves
 * an image that is marked as not clean and that e2fsck repairs, with each file the old or the new one.
 */
#include "sys/ext4-transaction.h"
#include "sys/ext4-write.h"
#include "sys/ext4.h"
#include "sys/image.h"
#include "verb.h"

#include <errno.h>
#include <linux/blkzoned.h>
#include <linux/dm-ioctl.h>
#include <linux/fd.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 128, STDIN_PATIENCE_MS = 30000 };

static struct {
	struct image image;
	struct inside_file files[FILES_MAX];
} ask;

static struct many files = { .size = sizeof(ask.files[0]), .max = FILES_MAX };

static const struct operand operands[] = {
	{ .name = "IMAGE", .gate = &gate_image, .into = &ask.image },
	{ .name = "PATH=MODE:UID:GID:SIZE", .gate = &gate_inside_file, .into = ask.files,
	  .occurs = ONE_OR_MORE, .many = &files },
	LIST_END
};

static bool
is_file(void)
{
	return !ask.image.is_device;
}

static bool
is_device(void)
{
	return ask.image.is_device;
}

static enum code
not_opened(int rc, const char *why)
{
	return why ? refused(image_reason(rc), "the image %s", why) : failed(rc, "cannot open the image");
}

static enum code
open_image(const struct settings *settings)
{
	const char *why;
	int rc = image_open(settings, &ask.image, EXT4_WRITE, &why);

	return rc < 0 ? not_opened(rc, why) : CODE_DONE;
}

/* Reads until `length` bytes are there or stdin ends, for a while; how many came, or -errno. */
static ssize_t
read_stdin(char *bytes, size_t length)
{
	int64_t deadline = waiting_clock() + STDIN_PATIENCE_MS;
	size_t done = 0;
	int left;

	waiting_begin("the contents on stdin");
	while ((left = waiting_left(deadline)) > 0) {
		struct pollfd ready = { .fd = STDIN_FILENO, .events = POLLIN };
		ssize_t got;

		if (poll(&ready, 1, left) == 0)
			continue;
		got = read(STDIN_FILENO, bytes + done, length - done);
		if (got == 0)
			return (ssize_t)done;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		done += got > 0 ? (size_t)got : 0;
		if (done == length)
			return (ssize_t)done;
	}
	return -ETIMEDOUT;
}

/* All of stdin, as long as the sizes say and no longer. */
static enum code
take_contents(char **contents)
{
	uint64_t total = 0;
	ssize_t got;

	for (unsigned i = 0; i < files.count; i++) {
		total += ask.files[i].size;
		for (unsigned j = 0; j < i; j++)
			if (strcmp(ask.files[i].path.text, ask.files[j].path.text) == 0)
				return refused(REASON_MALFORMED, "the same PATH stands there twice");
	}
	if (total > WRITE_TOTAL_MAX)
		return refused(REASON_NOT_ALLOWED, "all files together must have %d bytes at most",
			       WRITE_TOTAL_MAX);
	*contents = malloc(total + 1);
	if (!*contents)
		return failed(-ENOMEM, "cannot hold the contents");
	got = read_stdin(*contents, total + 1);
	if (got < 0)
		return failed((int)got, "cannot read stdin");
	if ((uint64_t)got != total)
		return refused(REASON_MALFORMED, "stdin must hold as many bytes as the sizes say, %llu",
			       (unsigned long long)total);
	return CODE_DONE;
}

static enum code
not_put(int rc, unsigned which)
{
	which++;
	switch (rc) {
	case -ENOENT:
	case -ENOTDIR:
		return refused(REASON_UNFIT, "PATH %u: a directory on the way is not there", which);
	case -ELOOP:
		return refused(REASON_UNFIT, "PATH %u: no symlink may be on the way or at the end", which);
	case -EISDIR:
	case -ENOTEMPTY:
		return refused(REASON_UNFIT, "PATH %u: something of another kind has that name", which);
	case -EMLINK:
		return refused(REASON_UNFIT, "PATH %u: the file has other names, or its directory too many "
			       "entries", which);
	default:
		return failed(rc, "cannot make PATH %u", which);
	}
}

static enum code
act(const struct settings *settings)
{
	ext2_filsys fs;
	unsigned which;
	const char *why;
	char *contents = NULL;
	bool put_back;
	enum code code = take_contents(&contents);
	int rc;

	(void)settings;
	if (code != CODE_DONE)
		return code;    /* NOLINT(clang-analyzer-unix.Malloc): the process ends */
	rc = ext4_open(EXT4_WRITE, &fs, &why);
	if (rc == -EOPNOTSUPP && fs && ext4_wants_repair(fs->super))
		return refused(REASON_UNFIT, "the image %s: %s", why, ask.image.is_device ?
			       "fsck-snapshot does that" : "as its owner, run e2fsck -fy on it");
	if (rc < 0)
		return not_opened(rc, why);
	rc = ext4_put(fs, ask.files, files.count, contents, &which);
	if (rc < 0)
		return not_put(rc, which);
	rc = ext4_transaction_commit(&put_back);
	return rc < 0 ? failed(rc, "cannot write to the image, which is %s",
			       put_back ? "as it was" : "to be repaired with e2fsck") : CODE_DONE;
}

static const struct call file_calls[] = { IMAGE_FILE_CALLS, LIST_END };
static const struct call device_calls[] = { IMAGE_DEVICE_CALLS, LIST_END };

static const struct call calls[] = {
	EXT4_CALLS,
	CALL_IF(read, 0, STDIN_FILENO, "the contents"),
	CALL(sysinfo, "qsort: how much memory there is to sort many changes"),
	CALL_IF(pwrite64, 0, FD_IMAGE, "all changes, at the end"),
	CALL_IF(fdatasync, 0, FD_IMAGE, "what must be on the disk before what comes next"),
	LIST_END
};

static const struct cap device_caps[] = { IMAGE_DEVICE_CAPS, LIST_END };

static const char *const paths[] = {
	"the image below state_dir", "/dev/mapper/control and the device", NULL
};

const struct verb verb_write_ext4_files = {
	.name = "write-ext4-files",
	.summary = "files and directories into an ext4 image, their contents from stdin",
	.effect = "the files, each a new inode, and the directories that were not there",
	.on_failure = "the image as it was; after a kill, one that e2fsck repairs, with each file the old or the "
		      "new one",
	.note = "stdin holds the contents one after another, 67108864 bytes at most; no PATH twice; no component may be a "
		"symlink; a directory that is there is left as it is; a file that is replaced loses its extended "
		"attributes; a directory that gets a new name loses its hash index until e2fsck -D",
	.sudo_wider = "the same PATH twice; more than 67108864 bytes in all",
	.operands = operands,
	.alone = true,
	.paths = paths,
	.stages = STAGES(
		{
			.keep = {
				.as = AS_ROOT,
				.why_root = "/dev/mapper/control and the device are uid 0's",
				.caps = device_caps,
				.calls = device_calls,
			},
			.opens = true, .only_if = is_device, .act = open_image,
		},
		{
			.keep = { .as = AS_OWNER, .calls = file_calls },
			.opens = true, .only_if = is_file, .act = open_image,
		},
		{ .keep = { .as = AS_NOBODY, .calls = calls }, .act = act }
	),
};
