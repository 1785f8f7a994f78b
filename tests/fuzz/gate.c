/*
 * gate: every gate, on any text.  The first byte picks one.
 *
 * What must hold: no crash; what is admitted is printable and has the length that the gate states; a refusal
 * writes nothing; the gate's table says of the text what regcomp(3) says of its expression.
 */
#include "config/config.h"
#include "gate/shape.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GATES_MAX = 64 };

static unsigned gate_count;
static regex_t regexes[GATES_MAX];
static struct settings settings;

static void
collect(void)
{
	char why[256], expanded[16 * 1024];

	config_parse("", 0, &settings, why, sizeof(why));
	for (; gates[gate_count]; gate_count++)
		if (gate_count == GATES_MAX ||
		    !gate_expand(gates[gate_count]->shape, true, &settings, expanded, sizeof(expanded)) ||
		    regcomp(&regexes[gate_count], expanded, REG_EXTENDED) != 0)
			abort();
}

static bool
matches(const regex_t *regex, const char *text)
{
	regmatch_t whole;

	return regexec(regex, text, 1, &whole, 0) == 0 && whole.rm_so == 0 && text[whole.rm_eo] == '\0';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char into[64 * 1024], untouched[sizeof(into)];
	const struct gate *gate;
	unsigned number;
	char *text;

	if (gate_count == 0) {
		collect();
		memset(untouched, 0x5a, sizeof(untouched));
	}
	if (size == 0)
		return 0;
	number = data[0] % gate_count;
	gate = gates[number];
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (shape_fits(shape_of(gate), text, &settings) != matches(&regexes[number], text))
		abort();
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
