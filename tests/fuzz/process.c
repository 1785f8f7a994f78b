/*
 * process: any text as /proc/PID/cgroup, status and cmdline, which a line with --- parts from each other.
 *
 * What must hold: no crash; a process that runs no firecracker is ours by its cgroup alone, only as the VM that the
 * cgroup is named after, and only if it has a uid that is not root's.
 */
#include "config/config.h"
#include "sys/cgroup.h"
#include "sys/process.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* The linker puts these before the C library's (--wrap), which have the names that open and
 * fstatfs get with 64 bits of offset. */
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs);

static struct { const char *file, *text; size_t length; } texts[] = {
	{ "/cgroup" }, { "/status" }, { "/cmdline" }
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

int
__wrap_open64(const char *path, int flags, ...)
{
	const char *file = strrchr(path, '/');
	mode_t mode = 0;

	if (flags & O_CREAT) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	for (size_t i = 0; strncmp(path, "/proc/", 6) == 0 && file && i < TEXTS; i++)
		if (strcmp(file, texts[i].file) == 0) {
			int fd = memfd_create("text", MFD_CLOEXEC);

			if (fd < 0 || pwrite(fd, texts[i].text, texts[i].length, 0) < 0)
				abort();
			return fd;
		}
	return __real_open64(path, flags, mode);
}

int
__wrap_fstatfs64(int fd, struct statfs *fs)
{
	int rc = __real_fstatfs64(fd, fs);

	fs->f_type = PROC_SUPER_MAGIC;
	return rc;
}

static void
part(const uint8_t *data, size_t size)
{
	static const char line[] = "\n---\n";
	const char *at = (const char *)data;

	for (size_t i = 0; i < TEXTS; i++) {
		const char *end = memmem(at, size, line, strlen(line));

		texts[i].text = at;
		texts[i].length = end ? (size_t)(end - at) + 1 : size;
		at += end ? texts[i].length + strlen(line) - 1 : size;
		size -= end ? texts[i].length + strlen(line) - 1 : size;
	}
}

/* Whether status says so beyond doubt. */
static bool
has_uid(void)
{
	static const char line[] = "\nUid:\t1000\t1000\t1000\t";
	const char *text = texts[1].text, *at = memmem(text, texts[1].length, line, 6);

	return at && at - text < 1024 && !memchr(text, '\0', (size_t)(at - text)) &&
	       memmem(text, texts[1].length, line, strlen(line)) == at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings settings;
	static const struct vm_id named = { "vm1" };
	const struct claim claims[] = { { 0 }, { .vm = &named } };
	struct vm_id vm = { 0 };
	char why[256];
	bool in_cgroup;

	if (!settings.state_dir.text[0] && !config_parse("", 0, &settings, why, sizeof(why)))
		abort();
	part(data, size);
	in_cgroup = cgroup_of_process(getpid(), &vm) == 1;
	if (in_cgroup && (!vm.text[0] || strpbrk(vm.text, "/\n") ||
			  !memmem(texts[0].text, texts[0].length, "0::/banger/", strlen("0::/banger/"))))
		abort();
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		bool ours = process_hold(getpid(), &claims[i], &settings) == 0;
		bool wanted = in_cgroup && (!claims[i].vm || strcmp(vm.text, named.text) == 0);

		if ((ours && !wanted) || (wanted && has_uid() && !ours))
			abort();
		close(FD_PROCESS);
	}
	return 0;
}
