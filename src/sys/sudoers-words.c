/*
 * sudoers-words.c: what a word is depends on where it stands, most of all in a command, which ends at a comma,
 * a colon or the line, but not at a quote.
 */
#include "sys/sudoers-words.h"

#include <stddef.h>
#include <string.h>

#define BLANKS " \t\r"

static bool
is_among(char byte, const char *set)
{
	return byte && strchr(set, byte);
}

/* A backslash with nothing behind it joins the next line to this one. */
static bool
skip_joint(struct sudoers_reader *reader)
{
	const char *end;

	if (*reader->at != '\\')
		return false;
	end = reader->at + 1 + strspn(reader->at + 1, BLANKS);
	if (*end != '\n')
		return false;
	reader->at = end + 1;
	reader->line++;
	return true;
}

static void
skip_blanks(struct sudoers_reader *reader)
{
	while (is_among(*reader->at, BLANKS) || skip_joint(reader))
		reader->at += strspn(reader->at, BLANKS);
}

static int
hex(char digit)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int)(found - digits) % 16 : -1;
}

/* The next byte, of which a backslash is taken away. */
static char
take_byte(struct sudoers_reader *reader)
{
	if (*reader->at == '\\' && reader->at[1] && reader->at[1] != '\n') {
		int high = reader->at[1] == 'x' ? hex(reader->at[2]) : -1;
		int low = high >= 0 ? hex(reader->at[3]) : -1;

		if (low > 0 || high > 0) {
			reader->at += 4;
			return (char)(16 * high + low);
		}
		reader->at++;
	}
	return *reader->at++;
}

static void
put(struct sudoers_word *word, size_t *used, char byte)
{
	if (*used < SUDOERS_WORD_MAX)
		word->text[(*used)++] = byte;
	word->text[*used] = '\0';
}

static void
take_quoted(struct sudoers_reader *reader, struct sudoers_word *word)
{
	size_t used = 0;

	for (reader->at++; *reader->at && *reader->at != '\n' && *reader->at != '"';) {
		if (skip_joint(reader))
			continue;
		if (*reader->at == '\\' && reader->at[1] == '"')
			reader->at++;
		put(word, &used, *reader->at++);
	}
	if (*reader->at == '"')
		reader->at++;
}

static void
take_until(struct sudoers_reader *reader, struct sudoers_word *word, const char *ends)
{
	size_t used = strlen(word->text);

	while (*reader->at && !is_among(*reader->at, ends) && !skip_joint(reader))
		put(word, &used, take_byte(reader));
}

/* From ^ to $, kept as it is; a path of one, or all arguments. */
static void
take_expression(struct sudoers_reader *reader, struct sudoers_word *word)
{
	size_t used = 0;
	char byte;

	do {
		if (skip_joint(reader))
			reader->at += strspn(reader->at, BLANKS);
		byte = *reader->at;
		if (!byte || byte == '\n' || byte == '#')
			return;
		put(word, &used, byte);
		if (byte == '\\' && reader->at[1] && reader->at[1] != '\n')
			put(word, &used, *++reader->at);
		reader->at++;
	} while (byte != '$');
}

static void
skip_arguments(struct sudoers_reader *reader, struct sudoers_word *word)
{
	static struct sudoers_word arguments;

	skip_blanks(reader);
	word->bare = !*reader->at || is_among(*reader->at, ",:#\n");
	if (*reader->at == '^') {
		take_expression(reader, &arguments);
		return;
	}
	while (*reader->at && !is_among(*reader->at, ",:#\n"))
		if (!skip_joint(reader))
			(void)take_byte(reader);
}

static void
take_command(struct sudoers_reader *reader, struct sudoers_word *word)
{
	size_t length;

	word->kind = WORD_COMMAND;
	if (*reader->at == '^')
		take_expression(reader, word);
	else
		take_until(reader, word, ",:=#\n" BLANKS);
	length = strlen(word->text);
	/* A directory stands for all that is in it, and takes no arguments. */
	word->bare = true;
	if (length == 0 || word->text[length - 1] != '/')
		skip_arguments(reader, word);
}

static bool
is_tag(const char *text)
{
	static const char *const tags[] = {
		"NOPASSWD", "PASSWD", "NOEXEC", "EXEC", "INTERCEPT", "NOINTERCEPT", "SETENV", "NOSETENV",
		"LOG_OUTPUT", "NOLOG_OUTPUT", "LOG_INPUT", "NOLOG_INPUT", "MAIL", "NOMAIL", "FOLLOW", "NOFOLLOW", NULL
	};

	for (const char *const *tag = tags; *tag; tag++)
		if (strcmp(text, *tag) == 0)
			return true;
	return false;
}

static void
take_name(struct sudoers_reader *reader, struct sudoers_word *word)
{
	size_t used = 0;
	bool digest;

	word->kind = WORD_NAME;
	/* A group, one of a plugin's, one by its number. */
	for (const char *sign = "%:#"; *sign; sign++)
		if (*reader->at == *sign && (*word->text || *sign == '%'))
			put(word, &used, *reader->at++);
	take_until(reader, word, "#>!=:,()\"\n" BLANKS);
	digest = strncmp(word->text, "sha", 3) == 0 && strspn(word->text + 3, "0123456789") == 3 && !word->text[6];
	if (strcmp(word->text, "sudoedit") == 0) {
		word->kind = WORD_COMMAND;
		skip_arguments(reader, word);
	} else if (digest || is_tag(word->text)) {
		struct sudoers_reader ahead = *reader;

		skip_blanks(&ahead);
		if (*ahead.at != ':')
			return;
		word->kind = WORD_TAG;
		ahead.at++;
		if (digest) {
			skip_blanks(&ahead);
			while (is_among(*ahead.at, "+/=") || (*ahead.at >= '0' && *ahead.at <= '9') ||
			       (*ahead.at >= 'A' && *ahead.at <= 'Z') || (*ahead.at >= 'a' && *ahead.at <= 'z'))
				ahead.at++;
		}
		*reader = ahead;
	}
}

bool
sudoers_is_comment(const char *text)
{
	if (*text++ != '#')
		return false;
	text += *text == '-';
	return *text < '0' || *text > '9';
}

/* No backslash in it joins anything. */
static bool
skip_comment(struct sudoers_reader *reader)
{
	if (!sudoers_is_comment(reader->at))
		return false;
	reader->at += strcspn(reader->at, "\n");
	return true;
}

void
sudoers_next(struct sudoers_reader *reader, struct sudoers_word *word)
{
	do
		skip_blanks(reader);
	while (skip_comment(reader));
	*word = (struct sudoers_word){ .kind = WORD_SIGN, .line = reader->line };
	if (!*reader->at) {
		word->kind = WORD_END;
	} else if (*reader->at == '\n') {
		word->kind = WORD_LINE_END;
		reader->at++;
		reader->line++;
	} else if (*reader->at == '/' || *reader->at == '^') {
		take_command(reader, word);
	} else if (*reader->at == '"') {
		word->kind = WORD_NAME;
		take_quoted(reader, word);
	} else if (is_among(*reader->at, ",:=!()>")) {
		word->text[0] = *reader->at++;
	} else if (*reader->at == '#') {
		size_t used = 0;

		word->kind = WORD_NAME;
		do
			put(word, &used, *reader->at++);
		while (is_among(*reader->at, "-0123456789"));
	} else {
		take_name(reader, word);
	}
}

bool
sudoers_is(const struct sudoers_word *word, char sign)
{
	return word->kind == WORD_SIGN && word->text[0] == sign;
}

/* An address may have colons, and look like a path where its mask begins. */
void
sudoers_skip_hosts(struct sudoers_reader *reader)
{
	static struct sudoers_word host;

	for (skip_blanks(reader); *reader->at && !is_among(*reader->at, "=\n") && !skip_comment(reader);
	     skip_blanks(reader))
		if (*reader->at == '"')
			take_quoted(reader, &host);
		else
			(void)take_byte(reader);
}

void
sudoers_skip_value(struct sudoers_reader *reader)
{
	static struct sudoers_word value;

	skip_blanks(reader);
	if (*reader->at == '"')
		take_quoted(reader, &value);
	else
		take_until(reader, &value, ",#\n" BLANKS);
}
