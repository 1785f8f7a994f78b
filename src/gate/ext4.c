/*
 * ext4.c: the gates of what stands inside an ext4 image.
 */
#include "gate/gate.h"

#include <string.h>

enum { NAME_LONGEST = 255 };

/* -1 is no id (chown(2)). */
#define ID_MAX (UINT32_MAX - 1)

/* ext4 keeps a name's length in one byte. */
static bool
names_fit(const char *path)
{
	while (*path) {
		size_t length = strcspn(++path, "/");

		if (length > NAME_LONGEST)
			return false;
		path += length;
	}
	return true;
}

static enum reason
fit_inside_path(const char *text, const struct settings *settings, void *into)
{
	struct path *path = into;

	(void)settings;
	return names_fit(text) ? gate_copy(text, path->text, sizeof(path->text)) : REASON_MALFORMED;
}

const struct gate gate_inside_path = {
	.shape = GATE_PATH,
	.want = "an absolute path inside the image, without . .. or //, names of 255 bytes at most",
	.sudo_wider = "names of more than 255 bytes",
	.longest = PATH_MAX - 1,
	.fit = fit_inside_path,
};

static enum reason
fit_read_limit(const char *text, const struct settings *settings, void *into)
{
	(void)settings;
	return gate_number(text, 1, READ_LIMIT_MAX, into) ? REASON_NONE : REASON_NOT_ALLOWED;
}

const struct gate gate_read_limit = {
	.shape = "[1-9][0-9]*",
	.want = "a plain decimal number of bytes, 1 to 1073741824",
	.sudo_wider = "more than 1073741824",
	.longest = 10,
	.fit = fit_read_limit,
};

/* Takes the decimal (or octal) field that ends at ':' or with the text. */
static bool
next_field(const char **text, bool octal, uint64_t high, uint64_t *out)
{
	size_t length = strcspn(*text, ":");
	char field[21] = "";

	if (length == 0 || length >= sizeof(field))
		return false;
	memcpy(field, *text, length);
	*text += length + ((*text)[length] == ':');
	if (!octal)
		return gate_number(field, 0, high, out);
	*out = 0;
	for (const char *digit = field; *digit; digit++)
		*out = *out * 8 + (uint64_t)(*digit - '0');
	return *out <= high;
}

static enum reason
fit_inside_file(const char *text, const struct settings *settings, void *into)
{
	struct inside_file file = { 0 };
	/* A path may hold '=' itself; what follows the last one never does. */
	const char *equals = strrchr(text, '=');
	const char *fields = equals + 1;
	size_t length = (size_t)(equals - text);
	uint64_t mode, uid, gid;

	(void)settings;
	file.is_directory = text[length - 1] == '/';
	length -= file.is_directory;
	if (length >= sizeof(file.path.text))
		return REASON_MALFORMED;
	memcpy(file.path.text, text, length);
	if (!names_fit(file.path.text) || !next_field(&fields, true, 01777, &mode) ||
	    !next_field(&fields, false, ID_MAX, &uid) || !next_field(&fields, false, ID_MAX, &gid))
		return REASON_MALFORMED;
	if (!file.is_directory && !next_field(&fields, false, WRITE_TOTAL_MAX, &file.size))
		return REASON_NOT_ALLOWED;
	file.mode = (mode_t)mode;
	file.uid = (uid_t)uid;
	file.gid = (gid_t)gid;
	*(struct inside_file *)into = file;
	return REASON_NONE;
}

#define MODE_AND_IDS "=[01]?[0-7]{1,3}:(0|[1-9][0-9]*):(0|[1-9][0-9]*)"

const struct gate gate_inside_file = {
	.shape = GATE_PATH "(/" MODE_AND_IDS "|" MODE_AND_IDS ":(0|[1-9][0-9]*))",
	.want = "PATH=MODE:UID:GID:SIZE, or PATH/=MODE:UID:GID for a directory: PATH absolute without . .. or "
		"//, names of 255 bytes at most, MODE octal up to 1777, ids plain decimal up to 4294967294, "
		"SIZE plain decimal up to 67108864",
	.sudo_wider = "names of more than 255 bytes, ids above 4294967294, a SIZE above 67108864",
	.longest = OPERAND_BYTES,
	.fit = fit_inside_file,
};
