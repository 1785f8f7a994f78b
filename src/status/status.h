/*
 * status.h: what `status` sees, what it makes of that, and how it tells it; a file each.
 */
#pragma once

#include "gate/settings.h"
#include "say/say.h"
#include "sys/inventory.h"

/* ---- look.c ---- */

/* Handles: memory for what is found, which stages share; and sockets, where this host has them, since the rest
 * can be told without.  0 or -errno. */
int look_open(void);
int look_open_network(void);

/* Stages, each of a cage of its own.  One that cannot see all of its place says so, and leaves what it saw. */
enum code look_at_jails(const struct settings *settings);
enum code look_at_processes(const struct settings *settings);
enum code look_at_storage(const struct settings *settings);
enum code look_at_network(const struct settings *settings);

/* What they found. */
struct inventory *look_found(void);

/* ---- orphans.c ---- */

/* What was found, VM by VM, and last what is of none; each orphan with what is wrong with it. */
struct judged {
	struct object **sorted;
	unsigned count, orphans;
};

struct judged judge(struct inventory *all);

/* A VM's own objects, one after another, and the first of each kind.  The id "": what is of no VM. */
struct vm {
	const char *id;
	struct object **objects;
	unsigned count;
	const struct object *of_kind[OBJECT_KINDS];
};

/* The one whose objects begin there. */
struct vm vm_at(const struct judged *judged, unsigned at);

/* "running", "populated" (by no firecracker), "prepared", "ended" or "absent". */
const char *vm_state(const struct vm *vm);

/* ---- tell.c ---- */

void tell_people(const struct judged *judged);
void tell_json(const struct judged *judged);
