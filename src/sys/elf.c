/*
 * elf.c: the program headers, and no more (elf(5)).
 */
#include "sys/elf.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* What has its headers where no file has bytes is no program: also beyond what an offset can be (EINVAL). */
static int
read_at(int fd, void *into, size_t size, uint64_t at)
{
	ssize_t got = pread(fd, into, size, (off_t)at);

	return got == (ssize_t)size ? 0 : got < 0 && errno != EINVAL ? -errno : -ENOEXEC;
}

int
elf_wants_loader(int fd)
{
	ElfW(Ehdr) header;
	int rc = read_at(fd, &header, sizeof(header), 0);

	if (rc < 0)
		return rc;
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(ElfW(Phdr)))
		return -ENOEXEC;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		ElfW(Phdr) part;

		rc = read_at(fd, &part, sizeof(part), header.e_phoff + i * sizeof(part));
		if (rc < 0)
			return rc;
		if (part.p_type == PT_INTERP)
			return 1;
	}
	return 0;
}
