/*
 * guest-files.h: the files of the owner's that a VM gets: opened by a stage with the owner's rights, since what it may
 * open, it may give; then mounted into the VM's chroot by one with root's.
 */
#pragma once

#include "sys/chroot.h"

enum { DRIVES_MAX = 16 };

struct drives { struct drive each[DRIVES_MAX]; unsigned count; };

struct guest_files {
	struct path kernel, initrd;     /* initrd: "" is none */
	struct drives writable, read_only;
	bool scratch;                   /* the VM's directory below state_dir */
};

bool guest_files_have_device(const struct guest_files *files);

/* Opens each of them, which stays open for guest_files_add: regular files, and of those that the VM may write to,
 * as of scratch, the owner's alone, with no other name.
 * 0; or -EACCES (state_dir is not root's alone), -ENOENT (not there, or not the owner's to open), -EPERM (not one
 * of these), -EBUSY (leased), -EEXIST (two drives have one name): then *which and *why are the words for it; or
 * -errno of the kernel's, and *why is NULL. */
int guest_files_open(const struct guest_files *files, const struct vm_id *vm, const struct settings *settings,
		     const char **which, const char **why);

/* The word that goes with an error that has a *why. */
enum reason guest_files_reason(int rc);

#define GUEST_FILES_OPEN_CALLS \
	CALL(openat, "/, where every path begins"), \
	CALL(openat2, "each of the files"), \
	CALL(newfstatat, "what they are, and whose"), \
	CALL(dup3, "keeps them for the next stage")

/* The ids that the VM has, and a namespace in which the owner's are mapped to them, or -1. */
struct vm_side { uid_t uid; gid_t gid; int userns; };

/* Whether they can be put into a chroot; changes nothing.  0; -ENXIO: a drive's device is not there, or not ours;
 * -EINVAL: the file system below state_dir cannot map ids; or -errno. */
int guest_files_check(const struct guest_files *files, const struct vm_side *vm);

/* Puts all of them into the chroot, in their places.  0 or -errno. */
int guest_files_add(const struct guest_files *files, const struct chroot *chroot, const struct vm_side *vm);
