/*
 * operands.c: the gates of what stands on the command line.
 */
#include "gate/gate.h"

#include <string.h>

static enum reason
fit_tap_name(const char *text, const struct settings *settings, void *into)
{
	struct link_name *name = into;

	(void)settings;
	return gate_copy(text, name->text, sizeof(name->text));
}

const struct gate gate_tap_name = {
	.shape = "<tap_prefix>[a-z0-9-]+",
	.want = "\"<tap_prefix>\" and then 1 or more of a-z 0-9 -, 15 bytes at most in all",
	.sudo_wider = "longer than 15 bytes in all",
	.longest = IFNAMSIZ - 1,
	.fit = fit_tap_name,
};

static enum reason
fit_id(const char *text, const struct id_range *range, struct gated_id *out)
{
	uint64_t number;

	if (!gate_number(text, 1, INT32_MAX, &number))
		return REASON_MALFORMED;
	if (number < range->first || number > range->last)
		return REASON_NOT_ALLOWED;
	*out = (struct gated_id){ .id = (uid_t)number, .given = true };
	return REASON_NONE;
}

static enum reason
fit_vm_uid(const char *text, const struct settings *settings, void *into)
{
	return fit_id(text, &settings->vm_uid, into);
}

static enum reason
fit_vm_gid(const char *text, const struct settings *settings, void *into)
{
	return fit_id(text, &settings->vm_gid, into);
}

const struct gate gate_vm_uid = {
	.shape = "[1-9][0-9]*",
	.want = "a plain decimal uid inside vm_uid, which is <vm_uid>",
	.sudo_wider = "uids outside vm_uid",
	.longest = 10,
	.fit = fit_vm_uid,
};

const struct gate gate_vm_gid = {
	.shape = "[1-9][0-9]*",
	.want = "a plain decimal gid inside vm_gid, which is <vm_gid>",
	.sudo_wider = "gids outside vm_gid",
	.longest = 10,
	.fit = fit_vm_gid,
};

static enum reason
fit_vm_id(const char *text, const struct settings *settings, void *into)
{
	struct vm_id *id = into;

	(void)settings;
	return gate_copy(text, id->text, sizeof(id->text));
}

const struct gate gate_vm_id = {
	.shape = "[a-z0-9][a-z0-9-]*",
	.want = "a-z or 0-9, then more of a-z 0-9 -, 32 bytes at most in all",
	.sudo_wider = "longer than 32 bytes in all",
	.longest = VM_ID_MAX,
	.fit = fit_vm_id,
};

static enum reason
fit_verb_name(const char *text, const struct settings *settings, void *into)
{
	struct verb_name *name = into;

	(void)settings;
	return gate_copy(text, name->text, sizeof(name->text));
}

const struct gate gate_verb_name = {
	.shape = "[a-z][a-z0-9-]*",
	.want = "a verb, as `banger-priv verbs` lists them",
	.sudo_wider = "words that are no verb",
	.longest = 32,
	.fit = fit_verb_name,
};

static enum reason
fit_json_format(const char *text, const struct settings *settings, void *into)
{
	(void)text;
	(void)settings;
	*(bool *)into = true;
	return REASON_NONE;
}

const struct gate gate_json_format = {
	.shape = "json",
	.want = "json",
	.fit = fit_json_format,
};

static enum reason
fit_sudoers_form(const char *text, const struct settings *settings, void *into)
{
	(void)settings;
	*(bool *)into = strcmp(text, "portable") == 0;
	return REASON_NONE;
}

const struct gate gate_sudoers_form = {
	.shape = "(regex|portable)",
	.want = "regex or portable",
	.fit = fit_sudoers_form,
};

static enum reason
fit_batch_word(const char *text, const struct settings *settings, void *into)
{
	(void)text;
	(void)settings;
	(void)into;
	return REASON_NONE;
}

const struct gate gate_batch_word = {
	.shape = "[!-~]+",
	.want = "an operand of the verb, or -- and then the next verb with its operands",
	.sudo_wider = "everything: verbs that the key batch does not name, and what a verb's own gates refuse",
	.fit = fit_batch_word,
};
