/*
 * reason.c: the closed lists of codes and reasons, and which of them an errno is.
 */
#include "say/say.h"

#include <errno.h>

#define REASON_ROW(id, word, code, meaning) [REASON_##id] = { word, code, meaning },
static const struct {
	const char *word;
	enum code code;
	const char *meaning;
} reasons[REASON_COUNT] = { REASONS(REASON_ROW) };

const char *
code_name(enum code code)
{
#define CODE_ROW(id, number, meaning) [number] = meaning,
	static const char *const names[] = { CODES(CODE_ROW) };

	return names[code];
}

enum code
code_of(int number)
{
#define IS_CODE(id, code, meaning) || number == (code)
	return false CODES(IS_CODE) ? (enum code)number : CODE_FAILED;
}

const char *
reason_word(enum reason reason)
{
	return reasons[reason].word;
}

const char *
reason_meaning(enum reason reason)
{
	return reasons[reason].meaning;
}

enum code
reason_code(enum reason reason)
{
	/* It may come from another process, out of memory that it shares. */
	return (unsigned)reason < REASON_COUNT ? reasons[reason].code : CODE_FAILED;
}

enum reason
reason_of(int rc)
{
	switch (-rc) {
	case EBUSY:
	case ETXTBSY:
		return REASON_IN_USE;
	case ETIMEDOUT:
		return REASON_TIMEOUT;
	case ENOMEM:
	case ENOSPC:
	case EDQUOT:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
		return REASON_NO_SPACE;
	case ENOSYS:
		return REASON_KERNEL;
	default:
		return REASON_FAILED;
	}
}
