/*
 * elf.h: whether a program wants a loader.
 */
#pragma once

/* 1 when the ELF file open for reading has a PT_INTERP, 0 when not, -ENOEXEC when it is no ELF file of
 * this machine's word size, or -errno. */
int elf_wants_loader(int fd);
