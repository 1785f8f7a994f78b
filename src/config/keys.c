/*
 * keys.c: the keys, each with its gate and its default.
 *
 * Defaults go through the same gates as the file's values, so that a build option cannot bring in
 * what an admin could not write; but when the program is built, and not in every call.
 */
#include "config/keys.h"

#include "build-config.h"
#include "gate/gate.h"
#include "say/say.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { WANT_BYTES = 256 };

enum takes { ONE_VALUE, ONE_OR_NONE, WORDS };

static const struct key {
	const char *name;
	const struct gate *gate;
	size_t offset;
	const char *standard;
	enum takes takes;
} keys[] = {
	{ "owner", &gate_account, offsetof(struct settings, owner), DEFAULT_OWNER, ONE_VALUE },
	{ "admins", &gate_account, offsetof(struct settings, admins), "", WORDS },
	{ "state_dir", &gate_directory, offsetof(struct settings, state_dir), DEFAULT_STATE_DIR,
	  ONE_VALUE },
	{ "jail_dir", &gate_directory, offsetof(struct settings, jail_dir), DEFAULT_JAIL_DIR,
	  ONE_VALUE },
	{ "runtime_dir", &gate_directory, offsetof(struct settings, runtime_dir),
	  DEFAULT_RUNTIME_DIR, ONE_VALUE },
	{ "bridge", &gate_link_name, offsetof(struct settings, bridge), DEFAULT_BRIDGE, ONE_VALUE },
	{ "bridge_address", &gate_network, offsetof(struct settings, bridge_address),
	  DEFAULT_BRIDGE_ADDRESS, ONE_VALUE },
	{ "tap_prefix", &gate_tap_prefix, offsetof(struct settings, tap_prefix),
	  DEFAULT_TAP_PREFIX, ONE_VALUE },
	{ "dns_domain", &gate_domain, offsetof(struct settings, dns_domain), "vm", ONE_VALUE },
	{ "firecracker", &gate_firecracker, offsetof(struct settings, firecracker),
	  "/usr/local/bin/firecracker", ONE_VALUE },
	{ "jailer", &gate_jailer, offsetof(struct settings, jailer), "/usr/local/bin/jailer",
	  ONE_VALUE },
	{ "vm_uid", &gate_id_range, offsetof(struct settings, vm_uid), "", ONE_OR_NONE },
	{ "vm_gid", &gate_id_range, offsetof(struct settings, vm_gid), "", ONE_OR_NONE },
	{ "uplink", &gate_link_name, offsetof(struct settings, uplink), "", ONE_OR_NONE },
	{ "forward_hook", &gate_yes_no, offsetof(struct settings, forward_hook), "yes", ONE_VALUE },
	{ "guest_isolation", &gate_yes_no, offsetof(struct settings, guest_isolation), "no",
	  ONE_VALUE },
	{ "batch", &gate_verb_name, offsetof(struct settings, batch), "", WORDS },
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

_Static_assert(sizeof(keys) / sizeof(keys[0]) <= KEYS_MAX, "a place for each");

size_t
key_find(const char *name)
{
	size_t index = 0;

	while (index < KEYS && strcmp(keys[index].name, name) != 0)
		index++;
	return index < KEYS ? index : KEY_NONE;
}

/* The words of a list value, each through the gate, into an array that a count follows. */
static bool
take_words(const struct key *key, const char *value, struct settings *settings)
{
	char *list = (char *)settings + key->offset;
	bool accounts = key->gate == &gate_account;
	size_t size = accounts ? sizeof(struct account) : sizeof(struct verb_name);
	unsigned *count = (unsigned *)(void *)(list + LIST_MAX * size);

	*count = 0;
	for (value += strspn(value, " \t"); *value; value += strspn(value, " \t")) {
		size_t length = strcspn(value, " \t");
		char word[64];

		if (length >= sizeof(word) || *count == LIST_MAX)
			return false;
		memcpy(word, value, length);
		word[length] = '\0';
		if (gate_admit(key->gate, word, settings, list + *count * size) != REASON_NONE)
			return false;
		++*count;
		value += length;
	}
	return true;
}

bool
key_take(size_t index, const char *value, struct settings *settings)
{
	const struct key *key = &keys[index];

	if (key->takes == WORDS)
		return take_words(key, value, settings);
	if (key->takes == ONE_OR_NONE && !*value)
		return true;
	return gate_admit(key->gate, value, settings, (char *)settings + key->offset) ==
	       REASON_NONE;
}

const char *
key_name(size_t index)
{
	return index < KEYS ? keys[index].name : NULL;
}

const char *
key_standard(size_t index)
{
	return keys[index].standard;
}

const char *
key_want(size_t index)
{
	static char want[WANT_BYTES];
	const struct key *key = &keys[index];

	snprintf(want, sizeof(want), "%s", key->gate->want);
	if (key->takes == WORDS)
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "; several are separated by spaces, %d at most",
			 LIST_MAX);
	return want;
}

/* A list is empty by default, as is what need not be there. */
void
keys_set_defaults(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	/* Which they are is not known before the owner is. */
	settings->vm_uid = settings->vm_gid = (struct id_range){ .text = "the owner's own" };
	for (size_t i = 0; i < KEYS; i++)
		if (*keys[i].standard)
			(void)keys[i].gate->fit(keys[i].standard, settings, (char *)settings + keys[i].offset);
}

void
keys_check_defaults(void)
{
	static struct settings settings;

	for (size_t i = 0; i < KEYS; i++)
		if (!key_take(i, keys[i].standard, &settings) ||
		    (keys[i].takes == WORDS && *keys[i].standard))
			die(REASON_CONFIG, "the built-in default of %s is not valid", keys[i].name);
}

/* Whether a canonical path is another, or lies below it. */
static bool
is_in(const struct configured_path *path, const struct configured_path *directory)
{
	size_t length = strlen(directory->text);

	return strncmp(path->text, directory->text, length) == 0 && (!path->text[length] || path->text[length] == '/');
}

bool
keys_fit_together(const struct settings *settings, char *why, size_t why_size)
{
	/* The longest socket a VM can have: a vsock connection's, in its socket directory. */
	size_t longest = strlen(settings->jail_dir.text) + strlen("/firecracker/") + VM_ID_MAX +
			 strlen("/root/" SOCKET_DIR_INSIDE "/v.sock_4294967295");
	const struct configured_path *state = &settings->state_dir, *jail = &settings->jail_dir,
				     *runtime = &settings->runtime_dir;

	if (longest > SOCKET_PATH_MAX)
		snprintf(why, why_size, "jail_dir is %zu bytes too long for a socket's path below it",
			 longest - SOCKET_PATH_MAX);
	else if (strlen(state->text) > STATE_DIR_MAX)
		snprintf(why, why_size, "state_dir is longer than %d bytes, and so would be sudo's patterns with it",
			 STATE_DIR_MAX);
	else if (strlen(settings->runtime_dir.text) + 2 > SOCKET_PATH_MAX)
		snprintf(why, why_size, "runtime_dir is too long for a socket's path below it");
	else if (strcmp(settings->bridge.text, settings->uplink.text) == 0)
		snprintf(why, why_size, "bridge and uplink are the same link");
	else if (is_in(state, jail))
		snprintf(why, why_size, "state_dir lies in jail_dir");
	/* runtime_dir becomes the owner's, the others must stay root's.  Below state_dir it is one of those that are the
	 * owner's there. */
	else if (is_in(state, runtime))
		snprintf(why, why_size, "runtime_dir is state_dir, or above it");
	else if (is_in(jail, runtime) || is_in(runtime, jail))
		snprintf(why, why_size, "runtime_dir is jail_dir, or above or below it");
	else
		return true;
	return false;
}
