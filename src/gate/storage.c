/*
 * storage.c: the gates of files below state_dir and of device-mapper names.
 */
#include "gate/gate.h"

#include <string.h>

#define DM_DIRECTORY "/dev/mapper/"
#define DM_NAME DM_NAME_PREFIX "[a-z0-9-]+"
#define LOOP_DEVICE "/dev/loop"

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
fit_dm_target(const char *text, const struct settings *settings, void *into)
{
	return text[0] == '/' ? fit_dm_device(text, settings, into) :
	       fit_dm_name(text, settings, into);
}

const struct gate gate_dm_target = {
	.shape = "(" DM_DIRECTORY ")?" DM_NAME,
	.want = "\"fc-rootfs-\" and then 1 or more of a-z 0-9 -, 64 bytes at most in all, alone or after "
		"/dev/mapper/",
	.sudo_wider = "names longer than 64 bytes",
	.longest = sizeof(DM_DIRECTORY) - 1 + DM_NAME_MAX,
	.fit = fit_dm_target,
};

static enum reason
fit_dm_device_if_any(const char *text, const struct settings *settings, void *into)
{
	return text[0] == '/' ? fit_dm_device(text, settings, into) :
	       fit_dm_name("", settings, into);
}

const struct gate gate_dm_device_if_any = {
	.shape = "(-|" DM_DIRECTORY DM_NAME ")",
	.want = "/dev/mapper/ and then NAME, or - for none",
	.sudo_wider = "names that are not NAME",
	.longest = sizeof(DM_DIRECTORY) - 1 + DM_NAME_MAX,
	.fit = fit_dm_device_if_any,
};

static enum reason
fit_loop_if_any(const char *text, const struct settings *settings, void *into)
{
	struct loop_number loop = { .given = text[0] == '/' };
	uint64_t number = 0;

	(void)settings;
	if (loop.given && !gate_number(text + strlen(LOOP_DEVICE), 0, LOOP_NUMBER_MAX, &number))
		return REASON_MALFORMED;
	loop.number = (unsigned)number;
	*(struct loop_number *)into = loop;
	return REASON_NONE;
}

const struct gate gate_loop_if_any = {
	.shape = "(-|" LOOP_DEVICE "(0|[1-9][0-9]*))",
	.want = "/dev/loop and then a plain decimal number, or - for none",
	.sudo_wider = "numbers above 1048575",
	.longest = sizeof(LOOP_DEVICE) - 1 + 7,
	.fit = fit_loop_if_any,
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
