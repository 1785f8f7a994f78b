/*
 * gate.c: how every gate is applied: bytes, length, shape, fit.
 */
#include "gate/gate.h"

#include "gate/shape.h"

#include <stddef.h>
#include <string.h>

#define GATE(id) &gate_##id,
const struct gate *const gates[] = {
#include "gate/gates.def"
	NULL,
};
#undef GATE

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
	{ "vm_uid", offsetof(struct settings, vm_uid.text) },
	{ "vm_gid", offsetof(struct settings, vm_gid.text) },
};

int
shape_key(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(nameable) / sizeof(nameable[0]); i++)
		if (strlen(nameable[i].key) == length && !memcmp(nameable[i].key, name, length))
			return (int)i;
	return -1;
}

const char *
shape_value(unsigned key, const struct settings *settings)
{
	return (const char *)settings + nameable[key].offset;
}

bool
gate_expand(const char *pattern, bool quoted, const struct settings *settings, char *out,
	    size_t size)
{
	size_t used = 0;

	while (*pattern) {
		const char *close = *pattern == '<' ? strchr(pattern, '>') : NULL;
		const char *value;
		int key;

		if (!close) {
			if (used + 2 > size)
				return false;
			out[used++] = *pattern++;
			continue;
		}
		key = shape_key(pattern + 1, (size_t)(close - pattern) - 1);
		if (key < 0)
			return false;
		for (value = shape_value((unsigned)key, settings); *value; value++) {
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

/* From a state on.  Where a configured value may stand, both ways are tried: past it, and on with the bytes. */
static bool
fits_from(const struct shape *shape, unsigned state, const char *text, const struct settings *settings)
{
	for (;; text++) {
		for (unsigned i = 0; i < shape->key_count; i++) {
			const char *value = shape_value(shape->keys[i].key, settings);
			size_t length = strlen(value);

			if (shape->keys[i].from == state && strncmp(text, value, length) == 0 &&
			    fits_from(shape, shape->keys[i].to, text + length, settings))
				return true;
		}
		state = shape->next[state * shape->classes + shape->class_of[(unsigned char)*text]];
		if (state == SHAPE_DEAD || !*text)
			return state != SHAPE_DEAD;
	}
}

bool
shape_fits(const struct shape *shape, const char *text, const struct settings *settings)
{
	return fits_from(shape, SHAPE_START, text, settings);
}

enum reason
gate_admit(const struct gate *gate, const char *text, const struct settings *settings, void *into)
{
	const struct shape *shape = shape_of(gate);

	if (!shape || !printable(text, gate->longest ? gate->longest : OPERAND_BYTES) ||
	    !shape_fits(shape, text, settings))
		return REASON_MALFORMED;
	return gate->fit(text, settings, into);
}
