/*
 * namespace.h: where this process is, compared with process 1 (namespaces(7)).
 */
#pragma once

/* Whether this process's namespace of that kind ("mnt", "net") is process 1's: 1, 0, or -errno; to ask takes
 * the rights of ptrace(2) over process 1, so -EACCES for whoever is not root. */
int namespace_is_first(const char *kind);
