/*
 * cleanup-dm-snapshot: nothing carries NAME's tag any more, whatever state it was in.
 *
 * The handles that create-dm-snapshot gave need not be known.  Those that are given are checked
 * first: what they lead to by now may be somebody else's.
 */
#include "sys/dm-node.h"
#include "sys/dm.h"
#include "sys/loop.h"
#include "verb.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 3000 };

static struct {
	struct dm_name name, device;
	struct loop_number base, cow;
} ask;

static const struct operand operands[] = {
	{ .name = "NAME", .gate = &gate_dm_name, .into = &ask.name },
	{ .name = "DEVICE", .gate = &gate_dm_device_if_any, .into = &ask.device, .occurs = MAYBE },
	{ .name = "BASE_LOOP", .gate = &gate_loop_if_any, .into = &ask.base, .occurs = ALSO },
	{ .name = "COW_LOOP", .gate = &gate_loop_if_any, .into = &ask.cow, .occurs = ALSO },
	LIST_END
};

static enum code
check_mapping(struct dm *dm, bool *is_there)
{
	int rc;

	if (*ask.device.text && strcmp(ask.device.text, ask.name.text) != 0)
		return refused(REASON_NOT_ALLOWED, "DEVICE must be that of NAME");
	rc = dm_find(&ask.name, dm);
	*is_there = rc == 0;
	if (rc < 0 && rc != -ENXIO)
		return failed(rc, "cannot ask for the mapping");
	if (*is_there && !dm_is_ours(dm, &ask.name))
		return refused(REASON_FOREIGN, "the mapping of that name is not a snapshot of ours");
	return CODE_DONE;
}

static enum code
check_loop(const char *operand, const struct loop_number *number)
{
	struct loop loop;
	bool is_ours;
	int rc;

	if (!number->given)
		return CODE_DONE;
	rc = loop_open(number->number, &loop);
	if (rc == -ENXIO)
		return CODE_DONE;
	if (rc < 0)
		return failed(rc, "cannot look at %s", operand);
	is_ours = loop_is_of(&loop, &ask.name);
	close(loop.fd);
	return is_ours ? CODE_DONE : refused(REASON_FOREIGN, "%s has something attached that is not "
					     "NAME's; without the handles all that is NAME's goes", operand);
}

static int
detach_if_ours(struct loop *loop, void *data)
{
	(void)data;
	return loop_is_of(loop, &ask.name) ? loop_detach(loop, PATIENCE_MS) : 0;
}

static enum code
act(const struct settings *settings)
{
	struct dm dm = { 0 };
	bool is_there = false;
	enum code code = check_mapping(&dm, &is_there);
	int rc;

	(void)settings;
	if (code == CODE_DONE)
		code = check_loop("BASE_LOOP", &ask.base);
	if (code == CODE_DONE)
		code = check_loop("COW_LOOP", &ask.cow);
	if (code != CODE_DONE)
		return code;
	rc = is_there ? dm_remove(&ask.name, &dm, PATIENCE_MS) : dm_remove_node(&ask.name);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "the mapping is open or mounted, by a VM perhaps");
	if (rc < 0)
		return failed(rc, "cannot remove the mapping");
	rc = loop_each(detach_if_ours, NULL);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "a loop device of NAME's is open");
	return rc < 0 ? failed(rc, "cannot detach a loop device") : CODE_DONE;
}

static const struct handle handles[] = {
	{ "/dev/mapper/control (is the module dm_mod there?)", dm_control_open },
	LIST_END
};

static const struct cap caps[] = {
	CAP(SYS_ADMIN, "device-mapper's requests"),
	CAP(MKNOD, "the node comes back when the mapping cannot go"),
	LIST_END
};

static const struct call calls[] = {
	CALL_IF(ioctl, 1, DM_DEV_STATUS, "whether there is a mapping, whose, and who has it open"),
	CALL_IF(ioctl, 1, DM_DEV_REMOVE, "removes it, by its uuid"),
	CALL_IF(ioctl, 1, LOOP_GET_STATUS64, "whose a loop device is"),
	CALL_IF(ioctl, 1, BLKGETDISKSEQ, "whether it is still the same"),
	CALL_IF(ioctl, 1, LOOP_CLR_FD, "detaches it"),
	CALL(openat, "/dev/mapper, /dev/loopN and /sys/block"),
	CALL(getdents64, "which loop devices there are"),
	CALL(newfstatat, "what was opened, and whether what is in /dev/mapper is the mapping's node"),
	CALL(readlinkat, "or udev's link to it"),
	CALL(unlinkat, "removes that"),
	CALL(mknodat, "and makes it again when somebody was faster and opened it"),
	LIST_END
};

static const char *const paths[] = {
	"/dev/mapper/NAME", "/dev/mapper/control", "/dev/loopN", "/sys/block", "/sys/dev/block",
	NULL
};

const struct verb verb_cleanup_dm_snapshot = {
	.name = "cleanup-dm-snapshot",
	.summary = "mapping and loop devices of a snapshot are gone, from any state",
	.effect = "nothing carries NAME's tag",
	.on_failure = "what could not be removed, which the same call removes later",
	.note = "NAME is enough; handles that are given must be NAME's",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_STORAGE,
	.handles = handles,
	.stages = { {
		.keep = {
			.as = AS_ROOT,
			.why_root = "loop devices and /dev/mapper are uid 0's; CAP_DAC_OVERRIDE would open "
				    "far more",
			.caps = caps,
			.calls = calls,
		},
		.act = act,
	} },
};
