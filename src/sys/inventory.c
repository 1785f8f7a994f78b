/*
 * inventory.c: a list that only grows.
 */
#include "sys/inventory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int
inventory_open(struct inventory **inventory)
{
	*inventory = mmap(NULL, sizeof(**inventory), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return *inventory == MAP_FAILED ? -errno : 0;
}

struct object *
inventory_add(struct inventory *inventory, enum object_kind kind, const char *name, const char *state)
{
	static struct object forgotten;
	struct object *object = &forgotten;

	if (inventory->count == OBJECTS_MAX)
		inventory->overflowed = true;
	else
		object = &inventory->each[inventory->count++];
	*object = (struct object){ .kind = kind, .state = state };
	snprintf(object->name, sizeof(object->name), "%s", name);
	return object;
}

bool
inventory_tie(struct object *object, const char *vm)
{
	size_t length = strlen(vm);

	if (length == 0 || length > VM_ID_MAX || vm[0] == '-' ||
	    strspn(vm, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		return false;
	memcpy(object->vm.text, vm, length + 1);
	return true;
}

static bool
comes_before(const struct object *a, const struct object *b)
{
	int by_vm = strcmp(a->vm.text, b->vm.text);

	if (!a->vm.text[0] != !b->vm.text[0])
		return a->vm.text[0] != '\0';
	if (by_vm != 0)
		return by_vm < 0;
	return a->kind != b->kind ? a->kind < b->kind : strcmp(a->name, b->name) < 0;
}

/* Shell's sort, with gaps by Ciura. */
struct object **
inventory_sort(struct inventory *inventory)
{
	static const unsigned gaps[] = { 3937, 1750, 701, 301, 132, 57, 23, 10, 4, 1 };
	static struct object *sorted[OBJECTS_MAX];

	for (unsigned i = 0; i < inventory->count; i++)
		sorted[i] = &inventory->each[i];
	for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++)
		for (unsigned i = gaps[g]; i < inventory->count; i++) {
			struct object *object = sorted[i];
			unsigned at = i;

			for (; at >= gaps[g] && comes_before(object, sorted[at - gaps[g]]); at -= gaps[g])
				sorted[at] = sorted[at - gaps[g]];
			sorted[at] = object;
		}
	return sorted;
}

struct object *
inventory_find(struct inventory *inventory, enum object_kind kind, const char *name)
{
	for (unsigned i = 0; i < inventory->count; i++)
		if (inventory->each[i].kind == kind && strcmp(inventory->each[i].name, name) == 0)
			return &inventory->each[i];
	return NULL;
}
