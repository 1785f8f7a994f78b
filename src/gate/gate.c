/*
 * gate.c: how every gate is applied: bytes, length, shape, fit.
 */
#include "gate/gate.h"

#include <regex.h>
#include <stddef.h>
#include <string.h>

/* Configured values that a template may name. */
static const struct {
	const char *key;
	size_t offset;
} nameable[] = {
	{ "state_dir", offsetof(struct settings, state_dir.text) },
	{ "jail_dir", offsetof(struct settings, jail_dir.text) },
	{ "runtime_dir", offsetof(struct settings, runtime_dir.text) },
	{ "bridge", offsetof(struct settings, bridge.text) },
	{ "bridge_address", offsetof(struct settings, bridge_address.text) },
	{ "tap_prefix", offsetof(struct settings, tap_prefix.text) },
	{ "dns_domain", offsetof(struct settings, dns_domain.text) },
};

static const char *
value_of(const char *key, size_t length, const struct settings *settings)
{
	for (size_t i = 0; i < sizeof(nameable) / sizeof(nameable[0]); i++)
		if (strlen(nameable[i].key) == length && !memcmp(nameable[i].key, key, length))
			return (const char *)settings + nameable[i].offset;
	return NULL;
}

bool
gate_expand(const char *pattern, bool quoted, const struct settings *settings, char *out,
	    size_t size)
{
	size_t used = 0;

	while (*pattern) {
		const char *close = *pattern == '<' ? strchr(pattern, '>') : NULL;
		const char *value;

		if (!close) {
			if (used + 2 > size)
				return false;
			out[used++] = *pattern++;
			continue;
		}
		value = value_of(pattern + 1, (size_t)(close - pattern) - 1, settings);
		if (!value)
			return false;
		for (; *value; value++) {
			if (used + 3 > size)
				return false;
			if (quoted && strchr("\\^$.[]|()*+?{}", *value))
				out[used++] = '\\';
			out[used++] = *value;
		}
		pattern = close + 1;
	}
	out[used] = '\0';
	return true;
}

bool
gate_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
	uint64_t number = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return false;
	}
	if (number < low || number > high)
		return false;
	*out = number;
	return true;
}

enum reason
gate_copy(const char *text, char *out, size_t size)
{
	size_t length = strlen(text);

	if (length >= size)
		return REASON_MALFORMED;
	memset(out, 0, size);
	memcpy(out, text, length);
	return REASON_NONE;
}

static bool
printable(const char *text, size_t longest)
{
	size_t length = strnlen(text, longest + 1);

	if (length == 0 || length > longest)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

static bool
has_shape(const char *shape, const char *text, const struct settings *settings)
{
	char expanded[PATH_MAX * 2 + 1024];
	regmatch_t whole;
	regex_t regex;
	bool fits;

	if (!gate_expand(shape, true, settings, expanded, sizeof(expanded)))
		return false;
	/* The match is compared with the whole text instead of anchoring: "^a|b$" anchors neither. */
	if (regcomp(&regex, expanded, REG_EXTENDED) != 0)
		return false;
	fits = regexec(&regex, text, 1, &whole, 0) == 0 && whole.rm_so == 0 &&
	       text[whole.rm_eo] == '\0';
	regfree(&regex);
	return fits;
}

enum reason
gate_admit(const struct gate *gate, const char *text, const struct settings *settings, void *into)
{
	if (!printable(text, gate->longest ? gate->longest : OPERAND_BYTES) ||
	    !has_shape(gate->shape, text, settings))
		return REASON_MALFORMED;
	return gate->fit(text, settings, into);
}
