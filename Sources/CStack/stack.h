// The bounds of a thread's stack, and the caller's position on it.

#ifndef SEPPO_STACK_H
#define SEPPO_STACK_H

#include <pthread.h>

#ifdef __linux__
// glibc declares this only with _GNU_SOURCE, which Swift does not set.
extern int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
#endif

// Not the address of a local variable: the address sanitizer may move those off the stack.
static inline __attribute__((always_inline)) unsigned long seppo_stack_here(void) {
  return (unsigned long)__builtin_frame_address(0);
}

#endif
