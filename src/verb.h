/*
 * verb.h: what a verb is.  One const struct verb at the foot of each file in verb/; sudoers, the
 * manual page, the completion, `help` and `explain` are all read off it.
 */
#pragma once

#include "gate/gate.h"
#include "keep.h"
#include "sys/part.h"

/* ALSO: with the operand before it, or not at all. */
enum occurs { ONCE, MAYBE, ALSO, ONE_OR_MORE, ANY_NUMBER };

/* What a repeated operand is collected in: `max` elements of `size` bytes at the operand's into. */
struct many {
	size_t size;
	unsigned max;
	unsigned count;
};

struct operand {
	const char *name;               /* "TAP" is positional; "uid=" is the key of key=value */
	const struct gate *gate;
	void *into;
	enum occurs occurs;
	struct many *many;              /* for ONE_OR_MORE and ANY_NUMBER */
	const char *value;              /* how the value of a key is called: "N" in uid=N */
};

/* Verbs and stages that name the same lock wait for each other.  Who takes two takes them in this order,
 * and nobody three. */
enum lock { LOCK_NONE, LOCK_VM, LOCK_DIRECTORIES, LOCK_STORAGE, LOCK_NETWORK };

enum { STAGES_MAX = 10 };

/* A part of a verb and the cage that it runs in.  Stages follow each other, and stop at the first that is not
 * done.  The last is the verb's own process; each before it is a child, so that the next may keep more: what
 * it finds out is its exit code and what it noted (say.h), or lies in memory that the verb shares (MAP_SHARED),
 * or is a descriptor (opens). */
struct stage {
	struct keep keep;
	bool opens;                     /* what it opens stays open for the later ones */
	/* Goes on while the next ones run, which have it as this pidfd.  They wait until it has begun: has executed
	 * its program, or closed what it does not need. */
	enum descriptor beside;
	/* Changes something that is more than this process's.  Then no other stage of that call is refused any
	 * more, but has failed, unless stage_touched_nothing says otherwise; and the last one, which may have to undo
	 * it, has closed its cage before. */
	bool touches;
	bool (*only_if)(void);          /* looks at the operands; NULL is always */
	bool at_any_rate;               /* also after one that was not done, whose code stays the verb's */
	/* After the verb's own in their order: held from here on, for as long as the stages that follow name it
	 * too.  One that cannot have it is left out.  Not for the last. */
	enum lock lock;
	enum code (*act)(const struct settings *settings);
};

/* From the act of a stage that touches, once it knows that it has found nothing to change. */
void stage_touched_nothing(void);

#define STAGES(...) ((const struct stage[]){ __VA_ARGS__, { .act = NULL } })

/* What a verb holds when the cage closes and could no longer open behind it: libraries, sockets,
 * device nodes.  open gives 0 or -errno, and changes nothing. */
struct handle {
	const char *name;               /* what it is, for people */
	int (*open)(void);
	int (*load)(void);              /* open's part of it that opens no descriptor, if any: may come earlier */
};

struct verb {
	const char *name;
	const char *summary;            /* one line, no full stop */
	const char *effect;             /* what lasts when it is done */
	const char *on_failure;         /* what is left when it is not */
	const char *note;               /* what else `explain` should say, or NULL */
	const char *sudo_wider;         /* what sudo cannot check of operands together, or NULL */
	const struct operand *operands; /* ends with LIST_END; NULL is none */
	const char *const *paths;       /* files it may touch, for people to read; ends with NULL */
	bool for_people;                /* needs no privilege, changes nothing, is not audited */
	bool alone;                     /* never in a batch: has stdin or stdout to itself, or waits for ever */
	struct parts *parts;            /* batch's alone: the verbs that its operands name */
	enum lock lock;
	const struct vm_id *lock_vm;    /* whose lock LOCK_VM is */
	const struct handle *handles;   /* ends with LIST_END; NULL is none */
	const struct stage *stages;     /* STAGES(...): ends with one without an act */
};

/* How many there are, for arrays with a place for each. */
#define VERB(id) +1
enum { VERBS = 0
#include "verbs.def"
};
#undef VERB

/* Every verb, in the order of verbs.def; ends with NULL. */
extern const struct verb *const verbs[];

/* NULL when there is none of that name. */
const struct verb *verb_find(const char *name);

/* The first name of the key batch that is no verb's which may be in one; NULL when there is none. */
const char *verb_not_for_batch(const struct verb_list *list);

/* Checks the whole command line against the verb's table and fills what the table names.
 * Dies (usage, or what the gate said) and names what would be accepted. */
void verb_admit(const struct verb *verb, char *const words[], const struct settings *settings);
