/*
 * page.c: manual pages, from templates that say where the rows go.  man(7); mandoc wants lines of text below
 * 80 bytes.
 */
#include "page.h"

#include "config/keys.h"
#include "say/say.h"
#include "surface.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 4096, TEXT_BYTES = 76 };

/* A request as it is, text divided at spaces. */
static void
put_line(const char *line)
{
	while (*line != '.' && strlen(line) > TEXT_BYTES) {
		const char *space = line + TEXT_BYTES;

		while (space > line && *space != ' ')
			space--;
		if (space == line)
			space = strchr(line, ' ');
		if (!space)
			break;
		print("%.*s\n", (int)(space - line), line);
		line = space + 1;
	}
	print("%s\n", line);
}

/* What man(7) would take for something else than itself. */
static void
man_quote(const char *text, char *out, size_t size)
{
	size_t used = 0;

	if (*text == '.' || *text == '\'')
		used += (size_t)snprintf(out, size, "\\&");
	for (; *text && used + sizeof("\\e") < size; text++)
		used += (size_t)snprintf(out + used, size - used, "%s%c", *text == '\\' || *text == '-' ? "\\" : "",
					 *text == '\\' ? 'e' : *text);
}

static void put(const char *request, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line of what the rows say, behind a request or, with "", as text. */
static void
put(const char *request, const char *format, ...)
{
	char text[LINE_BYTES], quoted[2 * LINE_BYTES], line[2 * LINE_BYTES + 16];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	man_quote(text, quoted, sizeof(quoted));
	snprintf(line, sizeof(line), "%s%s", request, quoted);
	put_line(line);
}

static void
put_verb(const struct verb *verb, const struct settings *settings)
{
	char text[LINE_BYTES];

	surface_synopsis(verb, text, sizeof(text));
	put_line(".TP");
	put(".B ", "%s", text);
	put("", "%c%s.", toupper((unsigned char)verb->summary[0]), verb->summary + 1);
	for (const struct operand *operand = verb->operands; operand && operand->name; operand++) {
		put_line(".br");
		put(".I ", "%s", operand->name);
		gate_expand(operand->gate->want, false, settings, text, sizeof(text));
		put("", "must be %s.", text);
		if (operand->many)
			put("", "At most %u of them.", operand->many->max);
	}
	if (verb->parts) {
		put_line(".br");
		put("", "At most %d verbs.", PARTS_MAX);
	}
	if (strcmp(verb->effect, "none") != 0) {
		put_line(".br");
		put("", "Lasting effect: %s.", verb->effect);
		put_line(".br");
		put("", "On failure: %s.", verb->on_failure);
	}
	if (verb->note) {
		put_line(".br");
		put("", "Note: %s.", verb->note);
	}
}

static void
put_reasons(void)
{
	for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
		put_line(".TP");
		put(".B ", "%s", reason_word(reason));
		put("", "Exit status %d: %s.", (int)reason_code(reason), reason_meaning(reason));
	}
}

/* False when there is no such key. */
static bool
put_key(const char *name)
{
	size_t key = key_find(name);

	if (key == KEY_NONE)
		return false;
	put_line(".TP");
	put(".BR ", "%s \" (default: %s)\"", name, *key_standard(key) ? key_standard(key) : "(none)");
	put("", "Must be %s.", key_want(key));
	return true;
}

static void
put_rows(const char *name, const struct settings *settings)
{
	if (strcmp(name, "REASONS") == 0)
		put_reasons();
	else if (strcmp(name, "VERBS") == 0)
		for (size_t i = 0; verbs[i]; i++)
			put_verb(verbs[i], settings);
	else if (!put_key(name))
		die(REASON_USAGE, "the template has a line @%s@", name);
}

void
page_write(const struct settings *settings)
{
	char line[LINE_BYTES];
	bool fills = true;      /* else a line stands as it is: a command that is divided is another one */

	while (fgets(line, sizeof(line), stdin)) {
		size_t length = strcspn(line, "\n");

		line[length] = '\0';
		if (length > 2 && line[0] == '@' && line[length - 1] == '@') {
			line[length - 1] = '\0';
			put_rows(line + 1, settings);
		} else if (length) {
			fills = strcmp(line, ".nf") != 0 && (fills || strcmp(line, ".fi") == 0);
			if (fills)
				put_line(line);
			else
				print("%s\n", line);
		}
	}
}
