/*
 * inventory.h: what of ours is on this host, as it is found: one object after another, in memory that
 * stages share.
 */
#pragma once

#include "gate/gate.h"

enum object_kind {
	OBJECT_PROCESS, OBJECT_CHROOT, OBJECT_CGROUP, OBJECT_SOCKET, OBJECT_SNAPSHOT, OBJECT_LOOP, OBJECT_TAP,
	OBJECT_NAT, OBJECT_KINDS
};

enum { OBJECTS_MAX = 16384, OBJECT_NAME_MAX = 111 };

struct object {
	enum object_kind kind;
	struct vm_id vm;                /* "": of no VM */
	char name[OBJECT_NAME_MAX + 1]; /* bytes as they are: escaped by who prints them */
	char of[DM_NAME_MAX + 1];       /* the tap of a NAT entry, the snapshot of a loop device; else "" */
	const char *state;              /* a word of ours, which every stage has at the same address */
	const char *orphan;             /* what is wrong, or NULL */
	pid_t pid;
};

struct inventory {
	unsigned count;
	bool overflowed;
	struct object each[OBJECTS_MAX];
};

/* -errno when there is no memory for it. */
int inventory_open(struct inventory **inventory);

/* A new object, of no VM; what does not fit is forgotten, and that noted. */
struct object *inventory_add(struct inventory *inventory, enum object_kind kind, const char *name,
			     const char *state);

/* Ties it to the VM that a tag names; false, and it is of none, when that is no VM's id. */
bool inventory_tie(struct object *object, const char *vm);

/* Those of VMs first, by VM, kind and name; then those of none.  Without memory of its own: qsort(3) asks
 * for some.  The pointers last until the next call. */
struct object **inventory_sort(struct inventory *inventory);

/* The object of that kind and name, or NULL. */
struct object *inventory_find(struct inventory *inventory, enum object_kind kind, const char *name);
