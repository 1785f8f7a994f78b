/*
 * sudoers-commands.c: as sudo matches them: a path with wildcards, a directory, or an expression.
 */
#include "sys/sudoers-commands.h"

#include <fnmatch.h>
#include <regex.h>
#include <stdbool.h>
#include <string.h>

/* Repetitions of repetitions have no bounds that memory has: regcomp(3) writes x{9} as nine of it, and x+ as xx*. */
static bool
is_small(const char *expression)
{
	unsigned doubled = 0;

	for (const char *at = expression; (at = strpbrk(at, "{+")); at++)
		if (*at == '{' || ++doubled > 8)
			return false;
	return true;
}

static bool
matches_expression(const char *expression, const char *path)
{
	bool matches = true;            /* what sudo could not compile either */
	regex_t compiled;

	if (is_small(expression) && regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB) == 0) {
		matches = regexec(&compiled, path, 0, NULL, 0) == 0;
		regfree(&compiled);
	}
	return matches;
}

static bool
matches(const char *command, const char *path)
{
	size_t length = strlen(command), directory = (size_t)(strrchr(path, '/') + 1 - path);

	if (length == SUDOERS_WORD_MAX)
		return true;            /* it was longer, and who knows */
	return *command == '^' ? matches_expression(command, path) :
	       command[length - 1] == '/' ? length == directory && strncmp(command, path, length) == 0 :
	       fnmatch(command, path, FNM_PATHNAME) == 0;
}

static bool
matches_one(const char *command, const char *const paths[])
{
	for (const char *const *path = paths; *path; path++)
		if (matches(command, *path))
			return true;
	return false;
}

enum grant
sudoers_grant_of(const struct sudoers_word *command, const char *const programs[])
{
	static const char *const shells[] = { "/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/bash", NULL };

	return command->bare && matches_one(command->text, shells) ? GRANT_ANYTHING :
	       matches_one(command->text, programs) ? GRANT_PROGRAM : GRANT_OTHERS;
}
