/*
 * elf.c: the program headers, and no more (elf(5)).
 */
#include "sys/elf.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

int
elf_wants_loader(int fd)
{
	ElfW(Ehdr) header;

	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_phentsize != sizeof(ElfW(Phdr)))
		return -ENOEXEC;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		ElfW(Phdr) part;

		if (pread(fd, &part, sizeof(part), (off_t)(header.e_phoff + i * sizeof(part))) !=
		    (ssize_t)sizeof(part))
			return -ENOEXEC;
		if (part.p_type == PT_INTERP)
			return 1;
	}
	return 0;
}
