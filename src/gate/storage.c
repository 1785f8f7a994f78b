/*
 * storage.c: the gates of files below state_dir and of device-mapper names.
 */
#include "gate/gate.h"

#include <string.h>

#define DM_DIRECTORY "/dev/mapper/"
#define DM_NAME "fc-rootfs-[a-z0-9-]+"

static bool
lies_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && (path[length] == '/' || !path[length]);
}

static enum reason
fit_state_file(const char *text, const struct settings *settings, void *into)
{
	struct path *path = into;

	if (lies_below(text, settings->jail_dir.text))
		return REASON_NOT_ALLOWED;
	return gate_copy(text, path->text, sizeof(path->text));
}

const struct gate gate_state_file = {
	.shape = "<state_dir>(/" GATE_SEGMENT ")+",
	.want = "a canonical path below <state_dir>, and not in <jail_dir>",
	.sudo_wider = "paths in jail_dir; more than 4095 bytes",
	.longest = PATH_MAX - 1,
	.fit = fit_state_file,
};

static enum reason
fit_dm_name(const char *text, const struct settings *settings, void *into)
{
	struct dm_name *name = into;

	(void)settings;
	return gate_copy(text, name->text, sizeof(name->text));
}

const struct gate gate_dm_name = {
	.shape = DM_NAME,
	.want = "\"fc-rootfs-\" and then 1 or more of a-z 0-9 -, 64 bytes at most in all",
	.sudo_wider = "longer than 64 bytes in all",
	.longest = DM_NAME_MAX,
	.fit = fit_dm_name,
};

static enum reason
fit_dm_device(const char *text, const struct settings *settings, void *into)
{
	return fit_dm_name(text + strlen(DM_DIRECTORY), settings, into);
}

const struct gate gate_dm_device = {
	.shape = DM_DIRECTORY DM_NAME,
	.want = "\"/dev/mapper/fc-rootfs-\" and then 1 or more of a-z 0-9 -, 64 bytes at most after "
		"/dev/mapper/",
	.sudo_wider = "names longer than 64 bytes",
	.longest = sizeof(DM_DIRECTORY) - 1 + DM_NAME_MAX,
	.fit = fit_dm_device,
};

static enum reason
fit_image(const char *text, const struct settings *settings, void *into)
{
	struct image image = { .is_device = strncmp(text, DM_DIRECTORY, strlen(DM_DIRECTORY)) == 0 };
	enum reason reason = image.is_device ? fit_dm_device(text, settings, &image.device) :
			     fit_state_file(text, settings, &image.file);

	if (reason == REASON_NONE)
		*(struct image *)into = image;
	return reason;
}

const struct gate gate_image = {
	.shape = "(<state_dir>(/" GATE_SEGMENT ")+|" DM_DIRECTORY DM_NAME ")",
	.want = "a canonical path below <state_dir> (not in <jail_dir>), or /dev/mapper/fc-rootfs-NAME",
	.sudo_wider = "paths in jail_dir; names longer than 64 bytes",
	.longest = PATH_MAX - 1,
	.fit = fit_image,
};
