/*
 * sudoers: any text as one of sudo's files.
 *
 * What must hold: no crash, and an end soon; a rule above the text that gives everything is found, and where, whatever
 * comes after it.
 */
#include "sys/sudoers-rules.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const program[] = { "/usr/sbin/banger-priv", NULL };
	static const char rule[] = "\nbanger ALL=ALL\n";
	static const struct membership owner = {
		.name = "banger", .uid = 1900, .count = 2,
		.groups = { { "banger", 1900, true }, { "users", 100, false } },
	};
	static struct sudoers all;
	struct sudoers_grant grant;

	if (size > SUDOERS_BYTES - sizeof(rule))
		return 0;
	memcpy(all.bytes, rule, sizeof(rule) - 1);
	memcpy(all.bytes + sizeof(rule) - 1, data, size);
	all.bytes[sizeof(rule) - 1 + size] = '\0';
	all.count = 1;
	all.files[0] = (struct sudoers_file){ .name = "text", .text = all.bytes };
	if (sudoers_judge(&all, &owner, program, &grant) == 0 &&
	    (grant.grant != GRANT_ANYTHING || grant.line != 2 || !grant.one_line || !grant.alone))
		abort();
	all.files[0].text += sizeof(rule) - 1;
	if (sudoers_judge(&all, &owner, program, &grant) == 0 && grant.grant != GRANT_NOTHING &&
	    (!grant.file || grant.line == 0 || grant.line > size + 1))
		abort();
	return 0;
}
