/*
 * remove-dm-snapshot: the mapping is gone, and with it its loop devices, which clear themselves.
 */
#include "sys/dm-node.h"
#include "sys/dm.h"
#include "verb.h"

#include <errno.h>

enum { PATIENCE_MS = 3000 };

static struct {
	struct dm_name target;
} ask;

static const struct operand operands[] = {
	{ .name = "TARGET", .gate = &gate_dm_target, .into = &ask.target },
	LIST_END
};

static enum code
act(const struct settings *settings)
{
	struct dm dm;
	int rc = dm_find(&ask.target, &dm);

	(void)settings;
	if (rc < 0 && rc != -ENXIO)
		return failed(rc, "cannot ask for the mapping");
	if (rc == 0 && !dm_is_ours(&dm, &ask.target))
		return refused(REASON_FOREIGN, "the mapping of that name is not a snapshot of ours");
	rc = rc == 0 ? dm_remove(&ask.target, &dm, PATIENCE_MS) : dm_remove_node(&ask.target);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "the mapping is open or mounted, by a VM perhaps");
	return rc < 0 ? failed(rc, "cannot remove the mapping") : CODE_DONE;
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
	CALL_IF(ioctl, 1, DM_DEV_STATUS, "whether there is one, whose, and who has it open"),
	CALL_IF(ioctl, 1, DM_DEV_REMOVE, "removes it, by its uuid"),
	CALL(openat, "/dev/mapper"),
	CALL(newfstatat, "whether what is there is its node"),
	CALL(readlinkat, "or udev's link to it"),
	CALL(unlinkat, "removes that"),
	CALL(mknodat, "and makes it again when somebody was faster and opened it"),
	LIST_END
};

static const char *const paths[] = { "/dev/mapper/NAME", "/dev/mapper/control", "/sys/dev/block", NULL };

const struct verb verb_remove_dm_snapshot = {
	.name = "remove-dm-snapshot",
	.summary = "the mapping is gone; one that is open or mounted is busy",
	.effect = "no mapping of that name",
	.on_failure = "the mapping as it was",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_STORAGE,
	.handles = handles,
	.stages = STAGES({
		.keep = {
			.as = AS_ROOT,
			.why_root = "/dev/mapper is uid 0's; CAP_DAC_OVERRIDE would open far more",
			.caps = caps,
			.calls = calls,
		},
		.act = act,
	}),
};
