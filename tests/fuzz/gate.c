/*
 * gate: every gate of every verb, and the configuration's, on any text.  The first byte picks one.
 *
 * What must hold: no crash; what is admitted is printable and has the length that the gate states; a refusal
 * writes nothing.
 */
#include "config/config.h"
#include "gate/gate.h"
#include "verb.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct gate *gates[256];
static unsigned gate_count;
static struct settings settings;

static void
collect(void)
{
	static const struct gate *const of_configuration[] = {
		&gate_account, &gate_directory, &gate_firecracker, &gate_jailer, &gate_link_name,
		&gate_tap_prefix, &gate_network, &gate_domain, &gate_id_range, &gate_yes_no,
	};
	char why[256];

	config_parse("", 0, &settings, why, sizeof(why));
	for (size_t i = 0; i < sizeof(of_configuration) / sizeof(of_configuration[0]); i++)
		gates[gate_count++] = of_configuration[i];
	for (size_t i = 0; verbs[i]; i++)
		for (const struct operand *operand = verbs[i]->operands; operand && operand->name; operand++)
			if (gate_count < sizeof(gates) / sizeof(gates[0]))
				gates[gate_count++] = operand->gate;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char into[64 * 1024], untouched[sizeof(into)];
	const struct gate *gate;
	char *text;

	if (gate_count == 0) {
		collect();
		memset(untouched, 0x5a, sizeof(untouched));
	}
	if (size == 0)
		return 0;
	gate = gates[data[0] % gate_count];
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	memset(into, 0x5a, sizeof(into));
	if (gate_admit(gate, text, &settings, into) == REASON_NONE) {
		if (strlen(text) > (gate->longest ? gate->longest : OPERAND_BYTES))
			abort();
		for (const char *byte = text; *byte; byte++)
			if (*byte <= ' ' || *byte > '~')
				abort();
	} else if (memcmp(into, untouched, sizeof(into)) != 0) {
		abort();
	}
	free(text);
	return 0;
}
