/*
 * say: any bytes as the words of a helper program, or of a caller.
 *
 * What must hold: a message is one line of printable ASCII, of at most MESSAGE_BYTES; escaped text is whole
 * escapes, and they say what the bytes were.
 */
#include "say/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_printable(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

/* The words become a message in every way that there is. */
static void
check_message(const char *words, unsigned way)
{
	static int own = -1, file = -1;
	char line[2 * MESSAGE_BYTES];
	ssize_t length;

	if (own < 0) {
		own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
		file = memfd_create("stderr", MFD_CLOEXEC);
	}
	if (ftruncate(file, 0) < 0 || lseek(file, 0, SEEK_SET) < 0 || dup2(file, STDERR_FILENO) < 0)
		abort();
	say_verb(way & 1 ? "cleanup-jailer-chroot" : NULL);
	if (way & 2)
		remark("%s", words);
	else if (way & 4)
		refused(REASON_FOREIGN, "%s: %s", words, words);
	else
		failed(-(int)way, "e2fsck says: %s", words);
	if (!(way & 2) && way & 8)
		failed(-(int)way, "and then: %s", words);
	say_noted();
	dup2(own, STDERR_FILENO);
	length = pread(file, line, sizeof(line), 0);
	if (length < 1 || length > MESSAGE_BYTES || line[length - 1] != '\n' ||
	    !is_printable(line, (size_t)length - 1))
		abort();
}

static unsigned
digit(char hex)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, hex);

	if (!hex || !at)
		abort();
	return (unsigned)(at - digits);
}

static void
check_escape(const char *bytes, size_t length, size_t room)
{
	char *out = malloc(room + 1);
	size_t read = 0, used = escape(out, room, bytes, length);

	if (room > 0 && (used >= room || out[used] != '\0' || !is_printable(out, used)))
		abort();
	for (size_t i = 0; i < used; read++) {
		unsigned byte = (unsigned char)out[i++];

		if (byte == '\\') {
			if (used - i < 3 || out[i] != 'x')
				abort();
			byte = digit(out[i + 1]) << 4 | digit(out[i + 2]);
			i += 3;
		}
		if (read == length || byte != (unsigned char)bytes[read])
			abort();
	}
	if (read < length && room > used + sizeof("\\xNN") - 1)
		abort();
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words;

	if (size < 2)
		return 0;
	words = malloc(size - 1);
	if (!words)
		abort();
	memcpy(words, data + 2, size - 2);
	words[size - 2] = '\0';
	check_escape(words, size - 2, 4u * data[1]);
	check_message(words, data[0]);
	free(words);
	return 0;
}
