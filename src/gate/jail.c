/*
 * jail.c: the gates of what goes into a VM's chroot.
 */
#include "gate/gate.h"

#include <string.h>

/* Names in the chroot's top that are the jailer's, or ours. */
static bool
is_reserved(const char *name)
{
	static const char *const reserved[] = {
		".", "..", "dev", "firecracker", "firecracker.pid", "initrd", "lib", "lib64", "old_root",
		"run", "scratch", SOCKET_DIR_INSIDE, "usr", "vmlinux",
	};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(reserved[i], name) == 0)
			return true;
	return false;
}

static enum reason
fit_drive(const char *text, const struct settings *settings, void *into)
{
	struct drive drive = { 0 };
	size_t length = strcspn(text, ":");
	enum reason reason;

	if (length > DRIVE_NAME_MAX)
		return REASON_MALFORMED;
	memcpy(drive.name, text, length);
	if (is_reserved(drive.name))
		return REASON_NOT_ALLOWED;
	reason = gate_image.fit(text + length + 1, settings, &drive.image);
	if (reason == REASON_NONE)
		*(struct drive *)into = drive;
	return reason;
}

const struct gate gate_drive = {
	.shape = "[a-z0-9_.-]+:(<state_dir>(/" GATE_SEGMENT ")+|/dev/mapper/fc-rootfs-[a-z0-9-]+)",
	.want = "NAME:PATH, NAME 1 to 32 of a-z 0-9 _ . - and none of the jail's own, PATH a canonical path below "
		"<state_dir> (not in <jail_dir>) or /dev/mapper/fc-rootfs-NAME",
	.sudo_wider = "names longer than 32 bytes, reserved, or there twice; paths in jail_dir",
	.longest = DRIVE_NAME_MAX + PATH_MAX,
	.fit = fit_drive,
};

static enum reason
fit_yes(const char *text, const struct settings *settings, void *into)
{
	(void)text;
	(void)settings;
	*(bool *)into = true;
	return REASON_NONE;
}

const struct gate gate_yes = {
	.shape = "yes",
	.want = "yes",
	.fit = fit_yes,
};
