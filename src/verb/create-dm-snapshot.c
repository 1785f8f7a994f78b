/*
 * create-dm-snapshot: a writable view of BASE that keeps its changes in COW.
 *
 * Lasting effect: one mapping, its node, and two loop devices that live as long as it does.  If any
 * step fails, none of them; if the process is killed, at most the mapping, which its tag gives away.
 */
#include "sys/dm-node.h"
#include "sys/dm.h"
#include "sys/loop.h"
#include "sys/tree.h"
#include "verb.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <unistd.h>

/* The header, the first exceptions, and one chunk of data. */
enum { SECTOR_BYTES = 512, COW_BYTES_MIN = COW_HEAD_BYTES + 4096, UNDO_MS = 3000 };

static struct {
	struct dm_name name;
	struct path base, cow;
	struct vm_id vm;
} ask;

static const struct operand operands[] = {
	{ .name = "NAME", .gate = &gate_dm_name, .into = &ask.name },
	{ .name = "BASE", .gate = &gate_state_file, .into = &ask.base },
	{ .name = "COW", .gate = &gate_state_file, .into = &ask.cow },
	{ .name = "vm=", .value = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm, .occurs = MAYBE },
	LIST_END
};

struct file {
	const char *name;               /* the operand */
	int fd;
	struct stat status;
};

static enum code
open_file(const struct settings *settings, const struct path *path, int flags, struct file *file)
{
	file->fd = tree_open_as_owner(settings, path, flags, &file->status);
	if (file->fd < 0 && tree_is_trouble(file->fd))
		return failed(file->fd, "cannot open %s", file->name);
	switch (file->fd < 0 ? -file->fd : 0) {
	case 0:
		break;
	case EPERM:
		return refused(REASON_HOST, "state_dir must be root's, writable by nobody else and no "
			       "symlink");
	case EAGAIN:
	case ETXTBSY:
		return refused(REASON_IN_USE, "%s is leased or being executed", file->name);
	default:
		return refused(REASON_ABSENT, "%s is not there, or not the owner's to use; no symlink may "
			       "lead to it", file->name);
	}
	if (!S_ISREG(file->status.st_mode) || file->status.st_nlink != 1)
		return refused(REASON_FOREIGN, "%s must be a regular file with one name", file->name);
	if (file->status.st_size == 0 || file->status.st_size % SECTOR_BYTES != 0)
		return refused(REASON_UNFIT, "%s must hold one or more whole sectors of 512 bytes",
			       file->name);
	return CODE_DONE;
}

static enum code
open_base(const struct settings *settings, struct file *base)
{
	const struct stat *status = &base->status;
	enum code code = open_file(settings, &ask.base, O_RDONLY, base);

	if (code != CODE_DONE)
		return code;
	if ((status->st_uid != 0 && status->st_uid != settings->owner.uid) ||
	    (status->st_mode & S_IWOTH) ||
	    ((status->st_mode & S_IWGRP) && status->st_gid != settings->owner.gid))
		return refused(REASON_FOREIGN, "BASE must be the owner's or root's, and writable by "
			       "nobody else");
	return CODE_DONE;
}

static enum code
open_cow(const struct settings *settings, struct file *cow)
{
	unsigned char head[COW_HEAD_BYTES];
	enum code code = open_file(settings, &ask.cow, O_RDWR, cow);

	if (code != CODE_DONE)
		return code;
	if (cow->status.st_uid != settings->owner.uid)
		return refused(REASON_FOREIGN, "COW must be the owner's file");
	if (cow->status.st_size < COW_BYTES_MIN)
		return refused(REASON_UNFIT, "COW must hold %d bytes or more", COW_BYTES_MIN);
	if (pread(cow->fd, head, sizeof(head), 0) != sizeof(head))
		return refused(REASON_FAILED, "cannot read COW");
	switch (dm_look_at_cow(head)) {
	case COW_FRESH:
	case COW_SNAPSHOT:
		return CODE_DONE;
	case COW_OVERFLOWED:
		return refused(REASON_UNFIT, "COW holds a snapshot that ran out of room, and nothing "
			       "can be had from it any more");
	case COW_FOREIGN:
		break;
	}
	return refused(REASON_FOREIGN, "COW holds something other than a snapshot of 8-sector chunks; a "
		       "new one begins with 8192 zero bytes");
}

static bool
is_on(const struct loop *loop, const struct file *file)
{
	/* The kernel gives the device as stat(2) does, for all numbers that devices have. */
	return loop->file_device == file->status.st_dev && loop->file_inode == file->status.st_ino;
}

/* Two snapshots in one COW, or one of a COW that is being written, would be the end of its data. */
static int
clashes(struct loop *loop, void *data)
{
	const struct file *const *files = data;

	if (loop_is_ours(loop) && (is_on(loop, files[1]) || (is_on(loop, files[0]) && !loop->read_only)))
		return -EBUSY;
	return 0;
}

static enum code
look_around(const struct file *base, const struct file *cow)
{
	const struct file *files[] = { base, cow };
	struct dm there;
	int rc = dm_find(&ask.name, &there);

	if (rc == 0)
		return refused(REASON_EXISTS, "a mapping of that name is there; cleanup-dm-snapshot removes "
			       "one of ours");
	if (rc != -ENXIO)
		return failed(rc, "cannot ask for mappings");
	/* Before there is a mapping, with which udev would put a link of its own in this place. */
	rc = dm_check_node(&ask.name);
	if (rc == -EEXIST)
		return refused(REASON_EXISTS, "/dev/mapper has something of that name that is no mapping's");
	if (rc < 0)
		return failed(rc, "cannot look into /dev/mapper");
	if (is_on(&(struct loop){ .file_device = base->status.st_dev,
				  .file_inode = base->status.st_ino }, cow))
		return refused(REASON_UNFIT, "BASE and COW must be two files");
	rc = loop_each(clashes, files);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "COW is part of another snapshot, or BASE is the COW of one");
	return rc < 0 ? failed(rc, "cannot look at the loop devices") : CODE_DONE;
}

static void
answer(const struct loop *base, const struct loop *cow)
{
	char text[sizeof("/dev/mapper/") + DM_NAME_MAX];

	json_open(NULL, '{');
	json_text("name", ask.name.text);
	snprintf(text, sizeof(text), "/dev/mapper/%s", ask.name.text);
	json_text("device", text);
	snprintf(text, sizeof(text), "/dev/loop%u", base->number);
	json_text("base_loop", text);
	snprintf(text, sizeof(text), "/dev/loop%u", cow->number);
	json_text("cow_loop", text);
	json_close('}');
	print("\n");
}

static enum code
set_up(const struct file *base_file, const struct file *cow_file)
{
	uint64_t base_bytes = (uint64_t)base_file->status.st_size;
	uint64_t cow_bytes = (uint64_t)cow_file->status.st_size;
	struct loop base, cow;
	struct dm dm;
	int rc = loop_attach(base_file->fd, base_bytes, true, &ask.name, &base);

	if (rc < 0)
		return failed(rc, "cannot attach BASE to a loop device");
	rc = loop_attach(cow_file->fd, cow_bytes, false, &ask.name, &cow);
	if (rc < 0)
		goto undo_base;
	rc = dm_create(&ask.name, ask.vm.text, cow.sequence, &dm);
	if (rc < 0)
		goto undo_cow;
	rc = dm_start_snapshot(&dm, base_bytes / SECTOR_BYTES, base.device, cow.device);
	if (rc == 0)
		rc = dm_make_node(&ask.name, dm.device);
	if (rc < 0)
		goto undo_dm;
	answer(&base, &cow);
	return CODE_DONE;

undo_dm:
	(void)dm_remove(&ask.name, &dm, UNDO_MS);
undo_cow:
	(void)loop_detach(&cow, UNDO_MS);
undo_base:
	(void)loop_detach(&base, UNDO_MS);
	return rc == -ESTALE ? refused(REASON_FAILED, "COW has got another size of chunks meanwhile") :
	       failed(rc, "cannot make the snapshot");
}

static enum code
act(const struct settings *settings)
{
	struct file base = { .name = "BASE" }, cow = { .name = "COW" };
	enum code code = open_base(settings, &base);

	if (code == CODE_DONE)
		code = open_cow(settings, &cow);
	if (code == CODE_DONE)
		code = look_around(&base, &cow);
	return code == CODE_DONE ? set_up(&base, &cow) : code;
}

static const struct handle handles[] = {
	{ "/dev/mapper/control (is the module dm_mod there?)", dm_control_open },
	{ "/dev/loop-control (is the module loop there?)", loop_control_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(SYS_ADMIN, "device-mapper's requests"),
	CAP(MKNOD, "the node in /dev/mapper, where udev makes none"),
	CAP(SETUID, "opens BASE and COW with the owner's rights"),
	CAP(SETGID, "likewise"),
	LIST_END
};

static const struct call calls[] = {
	CALL(setfsuid, "the owner's rights, while BASE and COW are opened"),
	CALL(setfsgid, "likewise"),
	CALL(openat, "/, /dev/loopN, /dev/mapper and /sys/block"),
	CALL(openat2, "BASE and COW"),
	CALL(newfstatat, "what was opened"),
	CALL(pread64, "whether COW holds a snapshot"),
	CALL(getdents64, "which loop devices there are"),
	CALL_IF(ioctl, 1, LOOP_CTL_GET_FREE, "a loop device that is free"),
	CALL_IF(ioctl, 1, LOOP_CONFIGURE, "attaches BASE and COW"),
	CALL_IF(ioctl, 1, LOOP_GET_STATUS64, "what is attached elsewhere"),
	CALL_IF(ioctl, 1, LOOP_CLR_FD, "detaches when a step failed"),
	CALL_IF(ioctl, 1, BLKGETDISKSEQ, "whether it is still what was attached"),
	CALL_IF(ioctl, 1, DM_DEV_STATUS, "whether there is such a mapping"),
	CALL_IF(ioctl, 1, DM_DEV_CREATE, "makes it"),
	CALL_IF(ioctl, 1, DM_TABLE_LOAD, "a snapshot"),
	CALL_IF(ioctl, 1, DM_TABLE_STATUS, "whether the kernel found in COW what was looked at"),
	CALL_IF(ioctl, 1, DM_DEV_SUSPEND, "lets it run"),
	CALL_IF(ioctl, 1, DM_DEV_REMOVE, "takes it back when a step failed"),
	CALL(mknodat, "its node"),
	CALL(readlinkat, "whether a link in its place is udev's"),
	CALL(unlinkat, "replaces that, or takes the node back"),
	LIST_END
};

static const char *const paths[] = {
	"BASE, read only", "COW", "/dev/mapper/NAME", "/dev/mapper/control", "/dev/loop-control",
	"/dev/loopN", "/sys/block", "/sys/dev/block", NULL
};

const struct verb verb_create_dm_snapshot = {
	.name = "create-dm-snapshot",
	.summary = "a writable snapshot of BASE that keeps its changes in COW",
	.effect = "a mapping whose uuid says that it is ours, and two loop devices that end with it",
	.on_failure = "neither mapping nor loop device; COW may have become an empty snapshot",
	.note = "a COW that holds a snapshot is continued, never reset; gives name, device, base_loop and "
		"cow_loop as JSON",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_STORAGE,
	.handles = handles,
	.stages = STAGES({
		.keep = {
			.as = AS_ROOT,
			.why_root = "loop devices and /dev/mapper are uid 0's; CAP_DAC_OVERRIDE would open "
				    "far more",
			.caps = caps,
			.calls = calls,
		},
		.act = act,
	}),
};
