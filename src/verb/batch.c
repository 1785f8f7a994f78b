/*
 * batch: several verbs in one call, one after another.
 *
 * Each has a child of its own, which has been gated and waits (step_divide); this is what gives them their
 * turns.  It holds no lock, so two of a batch's verbs never hold two.
 */
#include "sys/part.h"
#include "verb.h"

#include <string.h>
#include <sys/wait.h>

enum { WORDS_MAX = 4096, RESULT_BYTES = 256 * 1024 };

static struct {
	struct verb_name first;
	struct parts parts;
} ask;

/* Counted here; what they say is for the gates of the verbs that they belong to. */
static struct many words = { .size = 0, .max = WORDS_MAX };

static const struct operand operands[] = {
	{ .name = "VERB", .gate = &gate_verb_name, .into = &ask.first },
	{ .name = "OPERAND|--", .gate = &gate_batch_word, .into = &ask.first, .occurs = ANY_NUMBER, .many = &words },
	LIST_END
};

static enum code
take_turn(const struct part *part)
{
	static char result[RESULT_BYTES];
	enum code code;
	int status = 0, rc = part_run(part, &status, result, sizeof(result));

	if (rc < 0)
		code = failed(rc, "cannot wait for %s", part->name);
	else if (WIFEXITED(status))
		code = (enum code)WEXITSTATUS(status);
	else
		code = refused(REASON_FAILED, "%s was killed by signal %d: repeat it, or call its cleanup", part->name,
			       WTERMSIG(status));
	print("{\"verb\":\"%s\",\"code\":%d,\"result\":%s}\n", part->name, (int)code, *result ? result : "null");
	return code;
}

static enum code
act(const struct settings *settings)
{
	enum code code = CODE_DONE;

	(void)settings;
	for (unsigned i = 0; i < ask.parts.count; i++) {
		if (code == CODE_DONE)
			code = take_turn(&ask.parts.each[i]);
		else
			part_dismiss(&ask.parts.each[i]);
	}
	return code;
}

static const struct call calls[] = {
	CALL(sendto, "tells a child to act; none but the children's and the audit's socket is open"),
	CALL(recvfrom, "what it printed"),
	CALL(wait4, "how it ended"),
	LIST_END
};

const struct verb verb_batch = {
	.name = "batch",
	.summary = "several verbs in one call, with -- between them; the first that is not done is the last",
	.effect = "those of the verbs that were done",
	.on_failure = "what the verbs before the one that failed have done, and what that one leaves",
	.note = "for verbs that the key batch names; all are gated before the first acts, and each acts in a cage of "
		"its own; each that acted has a line {\"verb\",\"code\",\"result\"} on stdout",
	.operands = operands,
	.alone = true,
	.parts = &ask.parts,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .calls = calls }, .act = act }),
};
