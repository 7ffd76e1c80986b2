// The calling thread: the bounds of its stack, its position there, and whether it is the main one.

#ifndef SEPPO_STACK_H
#define SEPPO_STACK_H

#include <pthread.h>

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>

// glibc declares this only with _GNU_SOURCE, which Swift does not set.
extern int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
#endif

static inline int seppo_is_main_thread(void) {
#ifdef __linux__
  return getpid() == (pid_t)syscall(SYS_gettid);
#else
  return pthread_main_np();
#endif
}

// Not the address of a local variable: the address sanitizer may move those off the stack.
static inline __attribute__((always_inline)) unsigned long seppo_stack_here(void) {
  return (unsigned long)__builtin_frame_address(0);
}

#endif
