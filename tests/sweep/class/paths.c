/*
 * paths.c: operands that name something else, or are spelt in another way.
 */
#include "sweep/swap.h"
#include "sweep/verdict.h"

#include <stdio.h>
#include <string.h>

static int
expect_path(const struct line *line, size_t index, const char *operand, const char *what, int wanted)
{
	const char *words[ARGUMENTS_MAX];
	char where[512];
	int code;

	snprintf(where, sizeof(where), "%s with %.300s (%.60s)", line->name, line->verb.words[index], what);
	words_of(&line->verb, words);
	if (operand)
		words[index] = operand;
	code = run_words(&line->verb, words);
	if (code != wanted)
		defect(where, "exit %d instead of %d", code, wanted);
	if (run_printed("secret"))
		defect(where, "gives away what is root's");
	sweep.steps++;
	return code;
}

/* A path that names nothing, for verbs to which that is not 3; and those that compare it with what a process
 * was started with, and never look there. */
static const struct path_code { const char *verb; int absent, compared; } path_codes[] = {
	{ "ensure-socket-access", 6, -1 }, { "find-pid", 7, -1 }, { "process-running", 7, 0 },
	{ "wait-for-exit", 0, 6 }, { "", 3, -1 },
};

static const struct path_code *
codes_of(const char *verb)
{
	const struct path_code *codes = path_codes;

	while (*codes->verb && strcmp(codes->verb, verb) != 0)
		codes++;
	return codes;
}

/* One spelling of a path that is not the canonical one, or is another name that the owner could give. */
static bool
spell(unsigned number, const char *prefix, const char *path, char *out, size_t size, bool *is_name)
{
	static const struct { const char *before, *after; bool is_name; } around[] = {
		{ "/", "" }, { "//", "" }, { "/.", "" }, { "/..", "" }, { ".", "" }, { "..", "" }, { "~", "" },
		{ "", "/" }, { "", "//" }, { "", "/." }, { "", "/.." }, { "", "/../x" }, { "", "/x" }, { "", " " },
		{ " ", "" }, { "", "\t" }, { "", "\n" }, { "", "\r" }, { "", "\\", true }, { "", "\x01" }, { "", "\x1b[2J" },
		{ "", "\x7f" }, { "", "\xc3\xa9" }, { "", "\xff" }, { "", "\xe2\x80\xae" }, { "", "*", true }, { "", "?", true },
		{ "", "$IFS", true }, { "", "`id`", true }, { "", ";id", true }, { "", "%s%n", true }, { "/proc/self/root", "" },
		{ "/proc/1/root", "" }, { "/dev/fd/0", "" }, { "file://", "" }, { "/etc/../", "" },
	};
	static const char *const alone[] = {
		"", "/", ".", "..", "-", "--", "/etc/shadow", "/dev/mem", "/proc/self/mem", "/run/canary/file",
		"/var/lib/banger", "/var/lib/banger/", "/var/lib/banger/jail/firecracker", "/run/banger",
	};
	const size_t arounds = sizeof(around) / sizeof(around[0]), alones = sizeof(alone) / sizeof(alone[0]);

	*is_name = number < arounds && around[number].is_name;
	if (number < arounds) {
		snprintf(out, size, "%s%s%s%s", prefix, around[number].before, path, around[number].after);
	} else if (number < arounds + alones) {
		snprintf(out, size, "%s%s", prefix, alone[number - arounds]);
	} else if (number == arounds + alones) {
		snprintf(out, size, "%s%s", prefix, path);
		memset(out + strlen(out), 'x', 4200);
	} else {
		return false;
	}
	return true;
}

static int
code_for(const char *verb, enum swap swap)
{
	const struct path_code *codes = codes_of(verb);

	return codes->compared >= 0 ? codes->compared : swap == SWAP_UNLINK ? codes->absent :
	       swap == SWAP_LEASE ? 6 : 3;
}

/* The owner's own, another one, is no trespass. */
static bool
is_trespass(enum swap swap, int up)
{
	if (swap == SWAP_EXCHANGE || swap == SWAP_TRUNCATE || swap == SWAP_RECREATE)
		return false;
	return up == 0 || swap == SWAP_SYMLINK || swap == SWAP_FIFO || swap == SWAP_FILE || swap == SWAP_UNLINK;
}

static void
swap_each(const struct line *line, size_t index, const char *path)
{
	for (int up = 0; up < 3; up++) {
		for (enum swap swap = 0; swap < SWAP_COUNT; swap++) {
			char what[64];
			int code;

			if (!is_trespass(swap, up) || !swap_begin(swap, path, up))
				continue;
			snprintf(what, sizeof(what), "%s%s", swap_names[swap],
				 up == 0 ? "" : up == 1 ? " as parent" : " as grandparent");
			code = expect_path(line, index, NULL, what, code_for(line->name, swap));
			swap_end();
			if (code == 0) {
				undo(line, NULL, what);
				run_all(line->before, line->before_count);
			}
		}
	}
}

void
sweep_paths(const struct line *line)
{
	for (size_t i = 2; line->verb.words[i]; i++) {
		const char *path = swap_path_in(line->verb.words[i]);
		char prefix[64] = "", spelt[8192] = "";
		bool is_name;

		if (!path)
			continue;
		snprintf(prefix, sizeof(prefix), "%.*s", (int)(path - line->verb.words[i]), line->verb.words[i]);
		run_all(line->before, line->before_count);
		swap_each(line, i, path);
		for (unsigned nr = 0; spell(nr, prefix, path, spelt, sizeof(spelt) - 4300, &is_name); nr++) {
			/* Below a socket there is nothing: who only compares need not know. */
			is_name |= codes_of(line->name)->compared >= 0 && strlen(spelt) > 2 &&
				   strcmp(spelt + strlen(spelt) - 2, "/x") == 0 &&
				   !strstr(spelt, "..");
			expect_path(line, i, spelt, spelt, is_name ? codes_of(line->name)->absent : 3);
			memset(spelt, 0, sizeof(spelt));
		}
		undo(line, NULL, line->name);
	}
}
