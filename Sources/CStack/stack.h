// Where a thread's stack is, and where on it the caller stands.

#ifndef SEPPO_STACK_H
#define SEPPO_STACK_H

#include <pthread.h>

#ifdef __linux__
// glibc declares it only where everything of its own is asked for, and Swift doesn't.
extern int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
#endif

// The address of a variable wouldn't do: the address sanitizer may put those elsewhere.
static inline __attribute__((always_inline)) unsigned long seppo_stack_here(void) {
  return (unsigned long)__builtin_frame_address(0);
}

#endif
