/*
 * claim.c: by the process's cgroup; where that says nothing, by what it executes, and last by what it was told.
 */
#include "sys/claim.h"

#include "sys/cgroup.h"
#include "sys/executable.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A file of /proc/PID, as much as there is room for, and a NUL. */
struct text {
	char bytes[8192];
	size_t length;
};

static int
read_text(pid_t pid, const char *file, struct text *text)
{
	char path[64];
	struct statfs fs;
	ssize_t got = -1;
	int fd;

	text->length = 0;
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		got = read(fd, text->bytes, sizeof(text->bytes) - 1);
	close(fd);
	if (got < 0)
		return -EIO;
	text->length = (size_t)got;
	text->bytes[got] = '\0';
	return 0;
}

/* -EPERM where the process has not one uid: it is between two. */
static int
read_uid(pid_t pid, uid_t *uid)
{
	static const char key[] = "\nUid:\t";
	struct text status;
	unsigned long real, effective, saved;
	char *at;
	int rc = read_text(pid, "status", &status);

	if (rc < 0)
		return rc;
	at = strstr(status.bytes, key);         /* the name, before it, has its newlines escaped */
	if (!at)
		return -EPERM;
	at += strlen(key);
	real = strtoul(at, &at, 10);
	effective = strtoul(at, &at, 10);
	saved = strtoul(at, &at, 10);
	*uid = (uid_t)real;
	return real == effective && real == saved ? 0 : -EPERM;
}

/* The word of a command line that is, or follows, "option" or "option=", or NULL. */
static const char *
value_of(const struct text *words, const char *option)
{
	const char *word = words->bytes, *end = word + words->length;
	size_t length = strlen(option);

	for (; word < end; word += strlen(word) + 1) {
		if (strncmp(word, option, length) != 0)
			continue;
		if (word[length] == '=')
			return word + length + 1;
		if (word[length] == '\0' && word + length + 1 < end)
			return word + length + 1;
	}
	return NULL;
}

static bool
is_vm_id(const char *word)
{
	size_t length = strlen(word);

	return length > 0 && length <= VM_ID_MAX && word[0] != '-' &&
	       strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* Where that VM's cgroup says whose it is: 1, 0, or -errno. */
static int
is_by_cgroup(pid_t pid, const struct vm_id *vm, const struct claim *claim)
{
	uid_t uid;
	int rc;

	if (claim->vm && strcmp(vm->text, claim->vm->text) != 0)
		return 0;
	/* Before it becomes the VMM it is the jailer, and before that one of our own, both root's; no VMM is. */
	rc = read_uid(pid, &uid);
	return rc < 0 ? rc : uid != 0;
}

/* The inode that a process executes, as far as the kernel knows it by itself: its file system may be the caller's, and
 * never answer.  1, 0 for the kernel's own process and one that has ended, or -errno. */
static int
look_at_executable(pid_t pid, struct stat *executable)
{
	struct statx status;
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	/* Not by the C library, which without the call asks in the old way, but not with that flag. */
	if (syscall(SYS_statx, AT_FDCWD, link, AT_STATX_DONT_SYNC, STATX_INO, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	*executable = (struct stat){
		.st_dev = makedev(status.stx_dev_major, status.stx_dev_minor), .st_ino = status.stx_ino,
	};
	return 1;
}

/* Where no cgroup says whose it is: 1, 0, or -errno when that cannot be told.  The command line comes last: who reads it
 * waits for the process's memory, which a process can keep for as long as it likes. */
static int
is_by_executable(pid_t pid, const struct claim *claim, const struct settings *settings, struct text *words)
{
	struct stat executable;
	const char *vm;
	uid_t uid = 0;
	int configured, copy = 0, rc = read_uid(pid, &uid);

	if (rc == 0)
		rc = gate_vm_side(uid, settings) ? look_at_executable(pid, &executable) : 0;
	if (rc <= 0)
		return rc;
	configured = executable_is_configured(&executable, settings);
	/* The VM may write to what it runs from there, so nothing of root's is ours by it. */
	if (configured < 0 || (configured == 0 && uid == 0))
		return configured;
	if (configured == 0 && claim->vm) {
		copy = executable_is_copy(&executable, claim->vm->text, settings);
		if (copy != 1 && copy != -EXDEV)
			return copy;
	}
	rc = read_text(pid, "cmdline", words);
	if (rc < 0 || !memmem(words->bytes, words->length, "firecracker", strlen("firecracker")))
		return rc;
	vm = value_of(words, "--id");
	if (claim->vm && (!vm || strcmp(vm, claim->vm->text) != 0))
		return 0;
	if (configured == 0 && !claim->vm && vm && is_vm_id(vm))
		copy = executable_is_copy(&executable, vm, settings);
	return configured ? 1 : copy;
}

/* A socket in the VM's jail says which VM.  One below runtime_dir says nothing but what the process
 * was told.  1, 0, or -errno. */
static int
is_of_socket(pid_t pid, struct text *words, const struct socket_path *socket)
{
	const char *told;
	int rc;

	if (!socket || socket->vm.text[0])
		return 1;
	rc = words->length > 0 ? 0 : read_text(pid, "cmdline", words);
	if (rc < 0)
		return rc;
	told = value_of(words, "--api-sock");
	return told && strcmp(told, socket->text) == 0;
}

int
claim_check(pid_t pid, const struct claim *claim, const struct settings *settings)
{
	struct claim wanted = *claim;
	struct vm_id vm;
	struct text words;
	int rc, in_cgroup = cgroup_of_process(pid, &vm);

	/* Without that file the kernel has no cgroups, or the process has ended. */
	if (in_cgroup < 0 && in_cgroup != -ENOENT)
		return in_cgroup;
	words.length = 0;
	if (!wanted.vm && wanted.socket && wanted.socket->vm.text[0])
		wanted.vm = &wanted.socket->vm;
	rc = in_cgroup > 0 ? is_by_cgroup(pid, &vm, &wanted) : is_by_executable(pid, &wanted, settings, &words);
	if (rc > 0)
		rc = is_of_socket(pid, &words, wanted.socket);
	return rc < 0 ? rc : rc > 0 ? 0 : -EPERM;
}
