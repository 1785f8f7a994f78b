/*
 * read-ext4-file: the bytes of a file inside an ext4 image, on stdout.
 *
 * Lasting effect: none.  Nothing is mounted.  The first byte leaves when the last one has been read, so
 * that stdout holds the file or nothing.
 */
#include "sys/ext4-read.h"
#include "sys/ext4.h"
#include "sys/image.h"
#include "verb.h"

#include <errno.h>
#include <linux/blkzoned.h>
#include <linux/dm-ioctl.h>
#include <linux/fd.h>
#include <linux/fs.h>
#include <unistd.h>

enum { DEFAULT_LIMIT = 64 << 20 };

static struct {
	struct image image;
	struct path path;
	uint64_t limit;
} ask = { .limit = DEFAULT_LIMIT };

static const struct operand operands[] = {
	{ .name = "IMAGE", .gate = &gate_image, .into = &ask.image },
	{ .name = "PATH", .gate = &gate_inside_path, .into = &ask.path },
	{ .name = "max=", .value = "BYTES", .gate = &gate_read_limit, .into = &ask.limit,
	  .occurs = MAYBE },
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
	int rc = image_open(settings, &ask.image, EXT4_READ, &why);

	return rc < 0 ? not_opened(rc, why) : CODE_DONE;
}

static enum code
not_read(int rc, uint64_t length)
{
	switch (rc) {
	case -ENOENT:
		return refused(REASON_NO, "no such file in the image");
	case -ELOOP:
		return refused(REASON_UNFIT, "PATH leads through more than 40 symlinks");
	case -ENAMETOOLONG:
		return refused(REASON_UNFIT, "PATH leads through symlinks that are too long or too deep");
	case -EISDIR:
		return refused(REASON_UNFIT, "PATH is there and is not a regular file");
	case -EACCES:
		return refused(REASON_UNFIT, "PATH is encrypted");
	case -EFBIG:
		return refused(REASON_UNFIT, "the file has %llu bytes, more than max= allows",
			       (unsigned long long)length);
	default:
		return failed(rc, "cannot read the file");
	}
}

static enum code
act(const struct settings *settings)
{
	ext2_filsys fs;
	ext2_ino_t inode;
	uint64_t length = 0;
	const char *why;
	char *bytes = NULL;
	int rc = ext4_open(EXT4_READ, &fs, &why);

	(void)settings;
	if (rc < 0)
		return not_opened(rc, why);
	rc = ext4_walk(fs, ask.path.text, &inode);
	if (rc == 0)
		rc = ext4_read(fs, inode, ask.limit, &bytes, &length);
	if (rc < 0)
		return not_read(rc, length);
	/* Nobody waits for the image while somebody reads us slowly. */
	close(FD_IMAGE);
	print_raw(bytes, length);
	return CODE_DONE;
}

static const struct call file_calls[] = { IMAGE_FILE_CALLS, LIST_END };
static const struct call device_calls[] = { IMAGE_DEVICE_CALLS, LIST_END };
static const struct call calls[] = { EXT4_CALLS, LIST_END };

static const struct cap device_caps[] = { IMAGE_DEVICE_CAPS, LIST_END };

static const char *const paths[] = {
	"the image below state_dir", "/dev/mapper/control and the device", NULL
};

const struct verb verb_read_ext4_file = {
	.name = "read-ext4-file",
	.summary = "the bytes of a regular file inside an ext4 image, on stdout",
	.effect = "none",
	.on_failure = "nothing on stdout",
	.note = "without max= the limit is 67108864; symlinks are followed inside the image; an image that a VM has in "
		"use, or whose journal was not replayed, gives what is on it at the time",
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
