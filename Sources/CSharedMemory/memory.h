// Memory that processes can share, without a name in the file system. Swift's Glibc module lacks memfd_create.

#ifndef SEPPO_MEMORY_H
#define SEPPO_MEMORY_H

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>

/// Returns a file in memory, closed on exec; -1 on failure, with errno.
static inline int seppo_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1U); }
#endif

#endif
