/*
 * fsck-snapshot: e2fsck -fy on a snapshot, caged.
 *
 * Lasting effect: a file system that e2fsck takes for clean.  What a kill leaves is what e2fsck leaves
 * when the power fails: to be repeated.
 *
 * e2fsck goes by what the guest wrote.  A superblock that names an external journal makes it look for
 * that among the host's devices, open it for writing and replay it into the guest's: so the
 * superblocks are read first, and e2fsck sees no device but its own.
 */
#include "sys/confined.h"
#include "sys/ext4.h"
#include "sys/image.h"
#include "verb.h"

#include <errno.h>
#include <linux/blkzoned.h>
#include <linux/dm-ioctl.h>
#include <linux/fd.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 10 * 60 * 1000 };

/* e2fsck(8), EXIT CODE: bits. */
enum { E2FSCK_CORRECTED = 1, E2FSCK_REBOOT = 2 };

static struct { struct dm_name device; } ask;

static const struct operand operands[] = {
	{ .name = "DEVICE", .gate = &gate_dm_device, .into = &ask.device },
	LIST_END
};

static enum code
not_opened(int rc, const char *why)
{
	return why ? refused(image_reason(rc), "the snapshot %s", why) : failed(rc, "cannot open the snapshot");
}

static enum code
open_device(const struct settings *settings)
{
	const char *why;
	int rc = image_open_device(&ask.device, EXT4_REPAIR, &why);

	(void)settings;
	return rc < 0 ? not_opened(rc, why) : CODE_DONE;
}

static enum code
check(const struct settings *settings)
{
	const char *why = NULL;
	int rc = ext4_inspect(&why);

	(void)settings;
	return rc < 0 ? not_opened(rc, why) : CODE_DONE;
}

static enum code
build(const struct settings *settings)
{
	int rc = confined_build(&ask.device);

	(void)settings;
	return rc < 0 ? failed(rc, "cannot build the mount namespace for e2fsck") : CODE_DONE;
}

static enum code
run(const struct settings *settings)
{
	(void)settings;
	return failed(confined_start("e2fsck", "-fy", &ask.device), "cannot start e2fsck");
}

static enum code
act(const struct settings *settings)
{
	struct confined_end end;
	int rc = confined_wait(DEADLINE_MS, "e2fsck", &end);

	(void)settings;
	if (rc == -ETIMEDOUT)
		return refused(REASON_TIMEOUT, "e2fsck took more than 10 minutes and was killed: %s",
			       end.said);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "e2fsck took more than 10 minutes, and hangs in the kernel since it was killed");
	if (rc < 0)
		return failed(rc, "cannot wait for e2fsck");
	if (!end.exited)
		return refused(REASON_FAILED, "e2fsck was killed by signal %d: %s", end.status, end.said);
	if (end.status & ~(E2FSCK_CORRECTED | E2FSCK_REBOOT))
		return refused(REASON_FAILED, "e2fsck ended with %d: %s", end.status, end.said);
	if (end.status != 0) {
		json_open(NULL, '{');
		json_flag("corrected", true);
		json_close('}');
		print("\n");
	}
	return CODE_DONE;
}

static const struct handle handles[] = {
	{ "a pipe for what e2fsck says", confined_open_output },
	LIST_END
};

static const struct cap device_caps[] = { IMAGE_DEVICE_CAPS, LIST_END };

static const struct call device_calls[] = { IMAGE_DEVICE_CALLS, LIST_END };
static const struct call check_calls[] = { EXT4_INSPECT_CALLS, LIST_END };

static const struct cap build_caps[] = {
	CAP(SYS_ADMIN, "a mount namespace, and mounts in it"),
	CAP(MKNOD, "/dev/null and the device, in it"),
	LIST_END
};

static const struct call build_calls[] = {
	CALL_IF(unshare, 0, CLONE_NEWNS, "a mount namespace"),
	CALL(mount_setattr, "cut off from the host's; read-only"),
	CALL(openat, "/proc/self/ns/mnt, to hand it on"),
	CALL(fstatfs, "that it is one"),
	CALL(dup3, "under its number"),
	CALL(fsopen, "a root in memory"),
	CALL(fsconfig, "its size"),
	CALL(fsmount, "its mount"),
	CALL(newfstatat, "the device's number"),
	CALL(mkdirat, "/dev and /usr in it"),
	CALL(mknodat, "/dev/null and the device"),
	CALL(readlinkat, "/lib and its like may be symlinks into /usr"),
	CALL(symlinkat, "and are the same there"),
	CALL(open_tree, "/usr, once more"),
	CALL(move_mount, "into its place"),
	CALL(fchdir, "for pivot_root"),
	CALL(pivot_root, "the new root"),
	CALL(umount2, "the old one, in this namespace alone"),
	LIST_END
};

/* Besides what no program gets.  e2fsck starts no process, talks to nobody, and is the same user as
 * every other process of root's.  Of the calls about mounts, those that ask for a capability before all
 * else (pivot_root, move_mount, fsopen, fspick) are closed to it anyway. */
static const struct call run_calls[] = {
	DENY(kill, EPERM, "other processes"),
	DENY(tkill, EPERM, "other processes"),
	DENY(tgkill, EPERM, "other processes"),
	DENY(rt_sigqueueinfo, EPERM, "other processes"),
	DENY(rt_tgsigqueueinfo, EPERM, "other processes"),
	DENY(pidfd_open, EPERM, "other processes"),
	DENY(pidfd_send_signal, EPERM, "other processes"),
	DENY(setpriority, EPERM, "other processes"),
	DENY(ioprio_set, EPERM, "other processes"),
	DENY(sched_setaffinity, EPERM, "other processes"),
	DENY(sched_setattr, EPERM, "other processes"),
	DENY(sched_setparam, EPERM, "other processes"),
	DENY(sched_setscheduler, EPERM, "other processes"),
	DENY(migrate_pages, EPERM, "other processes"),
	DENY(move_pages, EPERM, "other processes"),
	DENY_WITHOUT(clone, 0, CLONE_THREAD, EPERM, "a process of its own"),
	DENY(fork, EPERM, "a process of its own"),
	DENY(vfork, EPERM, "a process of its own"),
	DENY(socket, EPERM, "the network, and every daemon of the host"),
	DENY(socketpair, EPERM, "nobody to talk to"),
	DENY(shmget, EPERM, "memory of root's"),
	DENY(semget, EPERM, "semaphores of root's"),
	DENY(msgget, EPERM, "queues of root's"),
	DENY(mq_open, EPERM, "queues of root's"),
	DENY(unshare, EPERM, "another namespace"),
	DENY(setns, EPERM, "another namespace"),
	DENY(chroot, EPERM, "another root"),
	DENY(mount, EPERM, "mounts"),
	DENY(umount2, EPERM, "mounts"),
	DENY(open_tree, EPERM, "mounts"),
	DENY(mount_setattr, EPERM, "mounts"),
	LIST_END
};

static const struct cap watch_caps[] = {
	CAP(KILL, "e2fsck, at the deadline"),
	LIST_END
};

static const struct call watch_calls[] = {
	CALL_IF(read, 0, FD_OUTPUT, "what e2fsck says"),
	CALL_IF(waitid, 1, FD_CHILD, "how it ended"),
	CALL_IF(pidfd_send_signal, 0, FD_CHILD, "its end, at the deadline"),
	LIST_END
};

static const char *const paths[] = {
	"/dev/mapper/control and the device", "/usr/sbin/e2fsck or /sbin/e2fsck, and its libraries", NULL
};

const struct verb verb_fsck_snapshot = {
	.name = "fsck-snapshot",
	.summary = "checks and mends a snapshot by e2fsck -fy, caged",
	.effect = "a file system that e2fsck finds clean",
	.on_failure = "the file system as e2fsck left it; untouched where the verb refused",
	.note = "{\"corrected\":true} when e2fsck had something to mend; 10 minutes at most",
	.operands = operands,
	.paths = paths,
	.handles = handles,
	.stages = STAGES(
		{
			.keep = {
				.as = AS_ROOT,
				.why_root = "/dev/mapper/control and the device are uid 0's",
				.caps = device_caps,
				.calls = device_calls,
			},
			.opens = true, .act = open_device,
		},
		{ .keep = { .as = AS_NOBODY, .calls = check_calls }, .act = check },
		{
			.keep = {
				.as = AS_ROOT,
				.why_root = "the files of the new root are to be uid 0's",
				.caps = build_caps,
				.calls = build_calls,
			},
			.opens = true, .act = build,
		},
		{
			.keep = {
				.as = AS_ROOT,
				.why_root = "e2fsck opens the device, which is uid 0's",
				.calls = run_calls,
				.executes = true,
				.inside = true,
			},
			.touches = true, .beside = FD_CHILD, .act = run,
		},
		{ .keep = { .as = AS_NOBODY, .caps = watch_caps, .calls = watch_calls }, .act = act }
	),
};
