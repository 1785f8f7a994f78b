/*
 * landlock.c: rights that each version of Landlock knows, and those that are kept.
 */
#include "sys/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As of version 6; a kernel takes as much of it as it knows. */
struct ruleset {
	uint64_t files, ports, scoped;
};

/* By their numbers, where the header of Debian 12 ends before the kernels do. */
enum { REFER = 1 << 13, TRUNCATE = 1 << 14, IOCTL_DEVICE = 1 << 15 };
enum { ALL_PORTS = 3, ALL_SCOPES = 3 };

static int
allow(int rules, const char *path, uint64_t rights, int flags)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	long rc;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC | flags);
	if (rule.parent_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	rc = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0U);
	rc = rc < 0 ? -errno : 0;
	close(rule.parent_fd);
	return (int)rc;
}

int
landlock_enter(const char *const directories[], unsigned count, const char *device)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0UL, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t later = (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0) |
			 (version >= 5 ? IOCTL_DEVICE : 0);
	struct ruleset all = { (REFER - 1) | later, ALL_PORTS, ALL_SCOPES };
	size_t known = version >= 6 ? sizeof(all) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	int rules, rc = 0;

	if (version < 1)
		return 0;
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, known, 0U);
	if (rules < 0)
		return -errno;
	for (unsigned i = 0; rc == 0 && i < count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/%s", directories[i]);
		rc = allow(rules, path, LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
			   LANDLOCK_ACCESS_FS_READ_DIR, O_DIRECTORY);
	}
	if (rc == 0)
		rc = allow(rules, device, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
			   (later & (TRUNCATE | IOCTL_DEVICE)), O_NOFOLLOW);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, rules, 0U) < 0)
		rc = -errno;
	close(rules);
	return rc;
}
