/*
 * sudoers-words.h: the text of sudoers(5), word by word, as sudo's own reader takes it apart.
 *
 * Where a file is not as sudo wants it, sudo leaves a line out; here it is read as far as it goes, since nobody is
 * let in by this.
 */
#pragma once

#include <stdbool.h>

enum word_kind {
	WORD_NAME,                   /* a user, %group, host, ALIAS, ALL, or a keyword */
	WORD_COMMAND,                /* a path, glob or expression, or sudoedit; its arguments are passed over */
	WORD_TAG,                    /* NOPASSWD: and its kind, or a digest */
	WORD_SIGN,                   /* one of , : = ! ( ) */
	WORD_LINE_END,               /* no line that a backslash goes on with */
	WORD_END,
};

enum { SUDOERS_WORD_MAX = 511 };

struct sudoers_word {
	enum word_kind kind;
	unsigned line;
	bool bare;                      /* a command with whatever arguments */
	char text[SUDOERS_WORD_MAX + 1];        /* without quotes and escapes; a longer one is cut */
};

/* A place in a text that ends with a NUL; copied, it can be come back to. */
struct sudoers_reader {
	const char *at;
	unsigned line;                  /* 1 at the beginning */
};

void sudoers_next(struct sudoers_reader *reader, struct sudoers_word *word);

/* Whether a text begins with a # that is for people, to the line's end: #1000 is a uid. */
bool sudoers_is_comment(const char *text);

/* Whether the word is that sign. */
bool sudoers_is(const struct sudoers_word *word, char sign);

/* Passes over hosts, up to the sign = or the line's end. */
void sudoers_skip_hosts(struct sudoers_reader *reader);

/* Passes over the value of an option (CWD=/path), in which a blank is the end. */
void sudoers_skip_value(struct sudoers_reader *reader);
