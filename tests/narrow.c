/*
 * narrow call|cap|always INDEX VERB OPERAND...: the program with one line less in what the verb keeps.
 *
 * If every scenario of a verb passes without a line, the line is wider than what is used.
 * Exits 125 when there is no such line.
 */
#include "verb.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int banger_main(int argc, char *argv[]);

enum { NO_SUCH_LINE = 125, BAD_USE = 126 };

static void
unprotect(const void *from, size_t length)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)from & ~(page - 1);

	if (mprotect((void *)start, (uintptr_t)from + length - start, PROT_READ | PROT_WRITE) < 0)
		_exit(BAD_USE);
}

/* Both kinds of rows end where there is no name. */
#define DROP(type, list, index) do { \
	size_t count = 0; \
	while ((list)[count].name[0]) \
		count++; \
	if ((index) < count) { \
		type *writable = (type *)(uintptr_t)(list); \
		unprotect(writable, (count + 1) * sizeof(type)); \
		memmove(&writable[index], &writable[(index) + 1], (count - (index)) * sizeof(type)); \
		return; \
	} \
	(index) -= count; \
} while (0)

/* The index runs on through the stages of a verb. */
static void
drop(const char *kind, size_t index, const struct verb *verb)
{
	if (strcmp(kind, "always") == 0) {
		DROP(struct call, keep_always, index);
	} else if (verb) {
		for (const struct stage *stage = verb->stages; stage->act; stage++) {
			if (strcmp(kind, "call") == 0 && stage->keep.calls)
				DROP(struct call, stage->keep.calls, index);
			if (strcmp(kind, "cap") == 0 && stage->keep.caps)
				DROP(struct cap, stage->keep.caps, index);
		}
	}
	_exit(NO_SUCH_LINE);
}

/* The build renames main of src/main.c, and with it this one. */
#undef main
int main(int argc, char *argv[]);

int
main(int argc, char *argv[])
{
	if (argc < 4)
		return BAD_USE;
	drop(argv[1], (size_t)strtoul(argv[2], NULL, 10), verb_find(argv[3]));
	return banger_main(argc - 2, argv + 2);
}
