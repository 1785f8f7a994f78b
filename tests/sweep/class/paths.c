/*
 * paths.c: operands that name something else, or are spelt in another way; and the former again while a call that is
 * new in Linux is not there (weaker): the same refusal, or 4.
 */
#include "sweep/modern.h"
#include "sweep/swap.h"
#include "sweep/verdict.h"

#include <stdio.h>
#include <string.h>

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
code_for(const struct line *line, const struct way *way, enum swap swap)
{
	const struct path_code *codes = codes_of(line->name);

	return swap == SWAP_ACL ? way->code : codes->compared >= 0 ? codes->compared :
	       swap == SWAP_UNLINK ? codes->absent : swap == SWAP_LEASE ? 6 : 3;
}

/* The owner's own, another one, is no trespass. */
static bool
is_trespass(enum swap swap, int up)
{
	switch (swap) {
	case SWAP_EXCHANGE:
	case SWAP_TRUNCATE:
	case SWAP_RECREATE:
		return false;
	case SWAP_HARD_LINK:
	case SWAP_SOCKET:
	case SWAP_DIRECTORY:
	case SWAP_DEVICE:
	case SWAP_LEASE:
		return up == 0;
	default:
		return true;
	}
}

/* One operand of a line, put through one case. */
struct trial {
	const struct line *line;
	const struct way *way;
	size_t index;                   /* of the operand */
	const char *path;               /* in it */
	const struct modern *missing;   /* the call that this kernel does not have, or NULL */
	unsigned long stride;           /* of so many swaps one */
};

static int
run_trial(const struct trial *trial, const char *operand)
{
	const char *words[ARGUMENTS_MAX];
	int code;

	words_of(&trial->line->verb, words);
	if (operand)
		words[trial->index] = operand;
	run_without(trial->missing ? trial->missing->nr : -1);
	code = run_words(&trial->line->verb, words);
	run_without(-1);
	sweep.steps++;
	return code;
}

/* Done is as ever; whatever else it ends with, nothing was touched. */
static void
judge_trial(const struct trial *trial, const char *what, int code, int wanted)
{
	char where[512];

	snprintf(where, sizeof(where), "%s with %.300s (%.60s)%s%s", trial->line->name,
		 trial->line->verb.words[trial->index], what, trial->missing ? " without " : "",
		 trial->missing ? trial->missing->name : "");
	if (code != wanted && !(trial->missing && code == 4))
		defect(where, "exit %d instead of %d", code, wanted);
	else
		judge(trial->line, trial->way, code, where);
	if (run_printed("secret"))
		defect(where, "gives away what is root's");
	if (code == trial->way->code) {
		undo(trial->line, NULL, where);
		run_all(trial->line->before, trial->line->before_count);
	}
}

static void
try_swaps(const struct trial *trial)
{
	static const char *const places[] = { "", " as parent", " as grandparent", " as the one above that" };

	for (int up = 0; up < 4; up++) {
		for (enum swap swap = 0; swap < SWAP_COUNT; swap++) {
			char what[64];
			int code;

			if (!is_trespass(swap, up) || sweep.lot++ % trial->stride != 0 ||
			    !swap_begin(swap, trial->path, up))
				continue;
			snprintf(what, sizeof(what), "%s%s", swap_names[swap], places[up]);
			code = run_trial(trial, NULL);
			swap_end();
			judge_trial(trial, what, code, code_for(trial->line, trial->way, swap));
		}
	}
}

static void
try_spellings(const struct trial *trial)
{
	const char *operand = trial->line->verb.words[trial->index];
	char prefix[64] = "", spelt[8192] = "";
	const struct path_code *codes = codes_of(trial->line->name);
	bool is_name;

	snprintf(prefix, sizeof(prefix), "%.*s", (int)(trial->path - operand), operand);
	for (unsigned nr = 0; spell(nr, prefix, trial->path, spelt, sizeof(spelt) - 4300, &is_name); nr++) {
		/* Below a socket there is nothing: who only compares need not know. */
		is_name |= codes->compared >= 0 && strlen(spelt) > 2 && !strstr(spelt, "..") &&
			   strcmp(spelt + strlen(spelt) - 2, "/x") == 0;
		judge_trial(trial, spelt, run_trial(trial, spelt), is_name ? codes->absent : 3);
		memset(spelt, 0, sizeof(spelt));
	}
}

static void
each_path(const struct line *line, void (*try)(struct trial *trial))
{
	struct way way;

	walk_way(line, FROM_EXEC, false, &way);
	for (size_t i = 2; line->verb.words[i]; i++) {
		struct trial trial = { line, &way, i, swap_path_in(line->verb.words[i]), NULL, 1 };

		if (!trial.path)
			continue;
		run_all(line->before, line->before_count);
		try(&trial);
		undo(line, NULL, line->name);
	}
	forget_way(&way);
}

static void
try_path(struct trial *trial)
{
	try_swaps(trial);
	try_spellings(trial);
}

static bool
makes(const struct way *way, long call)
{
	for (unsigned long nr = 1; nr <= way->calls && nr < CALLS_MAX; nr++)
		if (way->call[nr] == call)
			return true;
	return false;
}

/* The calls that it makes, each missing from all of it. */
static void
try_path_without(struct trial *trial)
{
	/* Of the 40 swaps that one path has or so. */
	trial->stride = sweep.limit ? (40 + sweep.limit - 1) / sweep.limit : 1;
	for (trial->missing = modern; trial->missing->name; trial->missing++)
		if (makes(trial->way, trial->missing->nr))
			try_swaps(trial);
}

void sweep_paths(const struct line *line) { each_path(line, try_path); }
void sweep_weaker(const struct line *line) { each_path(line, try_path_without); }
