/*
 * orphans.c: what belongs together, and what of it no running or prepared VM has a use for.
 */
#include "status/status.h"

#include <string.h>

static void
tie_loops(struct inventory *all)
{
	for (unsigned i = 0; i < all->count; i++) {
		struct object *loop = &all->each[i];
		const struct object *snapshot;

		if (loop->kind != OBJECT_LOOP)
			continue;
		snapshot = inventory_find(all, OBJECT_SNAPSHOT, loop->of);
		if (snapshot)
			loop->vm = snapshot->vm;
		else
			loop->orphan = "its snapshot is gone";
	}
}

struct vm
vm_at(const struct judged *judged, unsigned at)
{
	struct vm vm = { .objects = judged->sorted + at, .id = judged->sorted[at]->vm.text };

	for (; at + vm.count < judged->count && strcmp(vm.objects[vm.count]->vm.text, vm.id) == 0; vm.count++) {
		const struct object *object = vm.objects[vm.count];

		if (!vm.of_kind[object->kind])
			vm.of_kind[object->kind] = object;
	}
	return vm;
}

static bool
is_populated(const struct vm *vm)
{
	const struct object *cgroup = vm->of_kind[OBJECT_CGROUP];

	return vm->of_kind[OBJECT_PROCESS] || (cgroup && strcmp(cgroup->state, "populated") == 0);
}

static const char *
fault_of(const struct object *object, const struct vm *vm, struct inventory *all)
{
	bool is_vm = vm->id[0], runs = is_populated(vm), has_chroot = vm->of_kind[OBJECT_CHROOT];

	switch (object->kind) {
	case OBJECT_CHROOT:
		return !is_vm || runs || strcmp(object->state, "prepared") == 0 ? NULL :
		       strcmp(object->state, "not whole") == 0 ? "it never was whole, or is no more" :
		       strcmp(object->state, "handed over") == 0 ? "its launch failed, or goes on" :
		       "its process has ended";
	case OBJECT_CGROUP:
		return runs ? (vm->of_kind[OBJECT_PROCESS] ? NULL : "its processes are no firecracker") :
		       has_chroot ? NULL : "empty, and no chroot";
	case OBJECT_NAT:
		if (!inventory_find(all, OBJECT_TAP, object->of))
			return "its tap is gone";
		__attribute__((fallthrough));
	case OBJECT_TAP:
	case OBJECT_SNAPSHOT:
		return !is_vm || runs || has_chroot ? NULL : "its VM has neither process nor chroot";
	default:
		return NULL;
	}
}

const char *
vm_state(const struct vm *vm)
{
	const struct object *chroot = vm->of_kind[OBJECT_CHROOT];

	return vm->of_kind[OBJECT_PROCESS] ? "running" : is_populated(vm) ? "populated" : !chroot ? "absent" :
	       strcmp(chroot->state, "prepared") == 0 ? "prepared" : "ended";
}

struct judged
judge(struct inventory *all)
{
	struct judged judged = { .count = all->count };

	tie_loops(all);
	judged.sorted = inventory_sort(all);
	for (unsigned at = 0; at < judged.count;) {
		struct vm vm = vm_at(&judged, at);

		for (unsigned i = 0; i < vm.count; i++) {
			if (!vm.objects[i]->orphan)
				vm.objects[i]->orphan = fault_of(vm.objects[i], &vm, all);
			judged.orphans += vm.objects[i]->orphan != NULL;
		}
		at += vm.count;
	}
	return judged;
}
