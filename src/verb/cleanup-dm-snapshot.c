/*
 * cleanup-dm-snapshot: nothing carries NAME's tag any more, whatever state it was in.
 *
 * The handles that create-dm-snapshot gave need not be known.  Those that are given are checked
 * first: what they lead to by now may be somebody else's.
 */
#include "sys/loop.h"
#include "sys/snapshot.h"
#include "verb.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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
	rc = snapshot_remove(&ask.name, is_there ? &dm : NULL);
	if (rc == -EBUSY)
		return refused(REASON_IN_USE, "the mapping or a loop device of its is open or mounted, by a VM "
			       "perhaps");
	return rc < 0 ? failed(rc, "cannot remove it whole") : CODE_DONE;
}

static const struct handle handles[] = {
	{ "/dev/mapper/control (is the module dm_mod there?)", dm_control_open },
	LIST_END
};

static const struct cap caps[] = { SNAPSHOT_REMOVE_CAPS, LIST_END };
static const struct call calls[] = { SNAPSHOT_REMOVE_CALLS, LIST_END };

static const char *const paths[] = {
	"/dev/mapper/NAME", "/dev/mapper/control", "/dev/loopN", "/sys/block", "/sys/dev/block",
	NULL
};

const struct verb verb_cleanup_dm_snapshot = {
	.name = "cleanup-dm-snapshot",
	.summary = "mapping and loop devices of a snapshot are gone, from any state",
	.effect = "nothing carries NAME's tag",
	.on_failure = "what could not be removed is left; the same call removes it later",
	.note = "NAME is enough; handles that are given must be NAME's",
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
