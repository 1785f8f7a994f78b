/*
 * batch: several verbs in one call, one after another.
 *
 * Each has a child of its own, all of which are gated at once, while this one closes its cage (step_divide).  Once all
 * are ready this is what gives them their turns.  Neither it nor who waits holds a lock, so two of a batch's verbs
 * never hold two.
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

/* All of them, or none acts. */
static enum code
await_gates(void)
{
	enum gated gated = GATED_READY;
	unsigned count = 0;
	int status;

	while (gated == GATED_READY && count < ask.parts.count)
		gated = part_gated(&ask.parts.each[count++], &status);
	if (gated == GATED_READY)
		return CODE_DONE;
	for (unsigned i = 0; i < ask.parts.count; i++)
		if (i != count - 1)
			part_dismiss(&ask.parts.each[i]);
	if (gated == GATED_LOST)
		return WIFSIGNALED(status) ?
		       refused(REASON_FAILED, "a child was killed by signal %d before any verb acted", WTERMSIG(status)) :
		       refused(REASON_FAILED, "a child ended before any verb acted");
	/* It has written the record that ends the batch's. */
	audit_leave();
	return (enum code)WEXITSTATUS(status);
}

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
	enum code code = await_gates();

	(void)settings;
	if (code != CODE_DONE)
		return code;
	for (unsigned i = 0; i < ask.parts.count; i++) {
		if (code == CODE_DONE)
			code = take_turn(&ask.parts.each[i]);
		else
			part_dismiss(&ask.parts.each[i]);
	}
	return code;
}

static const struct call calls[] = {
	CALL(sendto, "tells a child to speak or to act; none but the children's and the audit's socket is open"),
	CALL(recvfrom, "whether it is ready, what it printed"),
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
