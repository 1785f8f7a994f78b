/*
 * snapshots.c: the snapshots with the VM's id in their mapping's uuid go.
 */
#include "cleanup/cleaning.h"

#include "sys/snapshot.h"

#include <string.h>

/* Whose they are, and how it went. */
struct round {
	const struct vm_id *vm;
	struct left *left;
	enum code code;
};

static int
remove_if_its(const struct dm_name *name, const struct dm *dm, void *data)
{
	struct round *round = data;
	int rc = strcmp(dm_vm(dm), round->vm->text) == 0 ? snapshot_remove(name, dm) : 0;

	if (rc < 0)
		round->code = leave(round->left, reason_of(rc), "the snapshot %s (%s)", name->text, why(rc));
	return 0;
}

enum code
clean_up_snapshots(const struct vm_id *vm, struct left *left)
{
	struct round round = { .vm = vm, .left = left, .code = CODE_DONE };
	int rc = dm_each(remove_if_its, &round);

	return rc < 0 ? leave(left, reason_of(rc), "snapshots (%s)", why(rc)) : round.code;
}
