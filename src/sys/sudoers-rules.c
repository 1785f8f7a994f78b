/*
 * sudoers-rules.c: first where everything stands, then each rule that is about the user.
 */
#include "sys/sudoers-rules.h"

#include "sys/sudoers-commands.h"
#include "sys/sudoers-words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ALIASES_MAX = 1024, ALIAS_NAME_MAX = 63, WORDS_MAX = 100000, DEPTH_MAX = 32 };

struct alias {
	bool of_users;                  /* else of commands */
	char name[ALIAS_NAME_MAX + 1];
	struct sudoers_reader list;
};

static struct alias aliases[ALIASES_MAX];
static unsigned alias_count;

static const struct membership *who;
static const char *const *programs;
static unsigned words_left;

/* Aliases of aliases of aliases can make a few lines very long. */
static void
next(struct sudoers_reader *reader, struct sudoers_word *word)
{
	if (words_left > 0) {
		words_left--;
		sudoers_next(reader, word);
	} else {
		*word = (struct sudoers_word){ .kind = WORD_END };
	}
}

static bool
is_end(const struct sudoers_word *word)
{
	return word->kind == WORD_LINE_END || word->kind == WORD_END;
}

static struct sudoers_word
peek(struct sudoers_reader reader)
{
	struct sudoers_word word;

	next(&reader, &word);
	return word;
}

static const struct alias *
find_alias(bool of_users, const char *name)
{
	for (unsigned i = 0; i < alias_count; i++)
		if (aliases[i].of_users == of_users && strcmp(aliases[i].name, name) == 0)
			return &aliases[i];
	return NULL;
}

/* ---- whom a rule is about ---- */

/* As sudo has it: the last of a list that says anything has the say. */
enum match { MATCH_NONE, MATCH_YES, MATCH_NO };

static enum match match_users(struct sudoers_reader *reader, struct sudoers_grant *by, unsigned depth);

static bool
has_number(const char *text, unsigned number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	return *text && !*end && value == number;
}

static bool
is_in(const char *group, struct sudoers_grant *by)
{
	for (unsigned i = 0; i < who->count; i++) {
		const char *name = who->groups[i].name;

		if (*group == '#' ? !has_number(group + 1, who->groups[i].gid) : strcasecmp(group, name) != 0)
			continue;
		by->alone = who->groups[i].own && strcmp(name, who->name) == 0;
		if (!who->groups[i].own)
			memcpy(by->group, name, sizeof(by->group));
		return true;
	}
	return false;
}

static enum match
match_user(const char *text, struct sudoers_grant *by, unsigned depth)
{
	const struct alias *alias = find_alias(true, text);

	by->alone = false;
	by->group[0] = '\0';
	if (strcmp(text, "ALL") == 0)
		return MATCH_YES;
	if (*text == '%')
		return is_in(text + 1, by) ? MATCH_YES : MATCH_NONE;
	if (alias && depth < DEPTH_MAX) {
		struct sudoers_reader list = alias->list;
		enum match match = match_users(&list, by, depth + 1);

		by->alone = false;
		return match;
	}
	by->alone = *text == '#' ? has_number(text + 1, who->uid) : strcasecmp(text, who->name) == 0;
	return by->alone ? MATCH_YES : MATCH_NONE;
}

/* Leaves the reader behind the list, which has no other end than that no comma follows. */
static enum match
match_users(struct sudoers_reader *reader, struct sudoers_grant *by, unsigned depth)
{
	enum match match = MATCH_NONE;
	struct sudoers_word word;
	bool negated = false;
	unsigned members = 0;

	for (;;) {
		struct sudoers_grant this = *by;
		enum match its;

		next(reader, &word);
		if (sudoers_is(&word, '!')) {
			negated = !negated;
			continue;
		}
		if (word.kind != WORD_NAME)
			break;
		members++;
		its = match_user(word.text, &this, depth);
		if (its != MATCH_NONE) {
			match = (its == MATCH_YES) != negated ? MATCH_YES : MATCH_NO;
			*by = this;
		}
		negated = false;
		word = peek(*reader);
		if (!sudoers_is(&word, ','))
			break;
		next(reader, &word);
	}
	by->alone = by->alone && members == 1;
	return match;
}

/* ---- what it gives ---- */

static enum grant grant_of_list(struct sudoers_reader *reader, struct sudoers_word *word, bool negated, unsigned depth);

static enum grant
more(enum grant a, enum grant b)
{
	return a > b ? a : b;
}

static enum grant
grant_of(const struct sudoers_word *word, bool negated, unsigned depth)
{
	const struct alias *alias = word->kind == WORD_NAME ? find_alias(false, word->text) : NULL;

	if (alias && depth < DEPTH_MAX) {
		struct sudoers_reader list = alias->list;
		struct sudoers_word end;

		return grant_of_list(&list, &end, negated, depth + 1);
	}
	if (negated)
		return GRANT_NOTHING;
	return word->kind == WORD_COMMAND ? sudoers_grant_of(word, programs) :
	       strcmp(word->text, "ALL") == 0 ? GRANT_ANYTHING : GRANT_NOTHING;
}

static void
skip_whom(struct sudoers_reader *reader, struct sudoers_word *word)
{
	while (!is_end(word) && !sudoers_is(word, ')'))
		next(reader, word);
}

/* Commands, each with whom to become, options and tags before it; *word is then the colon behind them, or the
 * line's end. */
static enum grant
grant_of_list(struct sudoers_reader *reader, struct sudoers_word *word, bool negated, unsigned depth)
{
	enum grant grant = GRANT_NOTHING;
	bool this = negated;

	for (next(reader, word); !is_end(word) && !sudoers_is(word, ':'); next(reader, word)) {
		struct sudoers_word ahead = peek(*reader);

		if (sudoers_is(word, '(')) {
			skip_whom(reader, word);
		} else if (sudoers_is(word, '!')) {
			this = !this;
		} else if (word->kind == WORD_NAME && sudoers_is(&ahead, '=')) {
			next(reader, &ahead);
			sudoers_skip_value(reader);
		} else if (word->kind == WORD_NAME || word->kind == WORD_COMMAND) {
			grant = more(grant, grant_of(word, this, depth));
			this = negated;
		}
	}
	return words_left > 0 ? grant : GRANT_ANYTHING;
}

static void
judge_rule(struct sudoers_reader reader, const char *file, struct sudoers_grant *most)
{
	struct sudoers_grant this = { .file = file };
	struct sudoers_word word;

	words_left = WORDS_MAX;
	word = peek(reader);
	this.line = word.line;
	if (match_users(&reader, &this, 0) != MATCH_YES)
		return;
	do {
		sudoers_skip_hosts(&reader);
		next(&reader, &word);
		if (!is_end(&word))
			this.grant = more(this.grant, grant_of_list(&reader, &word, false, 0));
	} while (!is_end(&word));
	this.one_line = this.line == word.line;
	if (this.grant > most->grant)
		*most = this;
}

/* ---- lines ---- */

static void
skip_line(struct sudoers_reader *reader, struct sudoers_word *word)
{
	while (!is_end(word))
		sudoers_next(reader, word);
}

static bool
is_alias(const struct sudoers_word *word)
{
	static const char letters[] = "_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *text = word->text;

	return word->kind == WORD_NAME && *text >= 'A' && *text <= 'Z' && !text[strspn(text, letters)] &&
	       strcmp(text, "ALL") != 0;
}

/* NAME = LIST : NAME = LIST */
static int
note_aliases(struct sudoers_reader *reader, struct sudoers_word *word, bool of_users)
{
	while (!is_end(word)) {
		struct alias *alias = &aliases[alias_count];
		struct sudoers_reader behind;
		struct sudoers_word equals;

		sudoers_next(reader, word);
		behind = *reader;
		sudoers_next(&behind, &equals);
		if (!is_alias(word) || !sudoers_is(&equals, '='))
			continue;
		if (alias_count == ALIASES_MAX || strlen(word->text) > ALIAS_NAME_MAX)
			return -EFBIG;
		alias->of_users = of_users;
		alias->list = behind;
		memcpy(alias->name, word->text, strlen(word->text) + 1);
		alias_count++;
	}
	return 0;
}

enum line_kind { LINE_RULE, LINE_USER_ALIAS, LINE_COMMAND_ALIAS, LINE_OTHER };

static enum line_kind
kind_of_line(const struct sudoers_word *first)
{
	const char *text = first->text;

	if (is_end(first) || *text == '@' || strcmp(text, "Defaults") == 0 || strncmp(text, "Defaults@", 9) == 0 ||
	    strcmp(text, "Host_Alias") == 0 || strcmp(text, "Runas_Alias") == 0)
		return LINE_OTHER;
	return strcmp(text, "User_Alias") == 0 ? LINE_USER_ALIAS :
	       strcmp(text, "Cmnd_Alias") == 0 || strcmp(text, "Cmd_Alias") == 0 ? LINE_COMMAND_ALIAS : LINE_RULE;
}

/* An alias may be used above where it is defined, and in another file. */
int
sudoers_judge(const struct sudoers *all, const struct membership *user, const char *const program[],
	      struct sudoers_grant *out)
{
	struct sudoers_word word;
	int rc = 0;

	*out = (struct sudoers_grant){ .grant = GRANT_NOTHING };
	who = user;
	programs = program;
	alias_count = 0;
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < all->count; i++) {
			struct sudoers_reader reader = { .at = all->files[i].text, .line = 1 };

			do {
				struct sudoers_reader begin = reader;
				enum line_kind kind;

				sudoers_next(&reader, &word);
				kind = kind_of_line(&word);
				if (pass == 0 && (kind == LINE_USER_ALIAS || kind == LINE_COMMAND_ALIAS))
					rc = note_aliases(&reader, &word, kind == LINE_USER_ALIAS);
				else if (pass == 1 && kind == LINE_RULE)
					judge_rule(begin, all->files[i].name, out);
				skip_line(&reader, &word);
			} while (rc == 0 && word.kind != WORD_END);
		}
	return rc;
}
