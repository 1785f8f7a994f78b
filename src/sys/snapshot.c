/*
 * snapshot.c: first the mapping, whose end is that of its loop devices.
 */
#include "sys/snapshot.h"

#include "sys/dm-node.h"
#include "sys/loop.h"

enum { PATIENCE_MS = 3000 };

static int
detach_if_its(struct loop *loop, void *data)
{
	return loop_is_of(loop, data) ? loop_detach(loop, PATIENCE_MS) : 0;
}

int
snapshot_remove(const struct dm_name *name, const struct dm *dm)
{
	struct dm_name its = *name;
	int rc = dm ? dm_remove(name, dm, PATIENCE_MS) : dm_remove_node(name);

	return rc < 0 ? rc : loop_each(detach_if_its, &its);
}
