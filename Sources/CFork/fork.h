// Processes that are forked without exec, and memory that they wait on. Swift declares fork unavailable, because a child has
// only the thread that forked it.

#ifndef SEPPO_FORK_H
#define SEPPO_FORK_H

#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline pid_t seppo_fork(void) { return fork(); }

/// Whether this child of the calling process has ended: 1 if so; it is not waited for, so that its number stays its own. 2 if it
/// is no child any more: other code has waited for it, or SIGCHLD is ignored.
static inline int seppo_has_ended(pid_t process) {
  siginfo_t info;
  info.si_pid = 0;
  if (waitid(P_PID, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return 2;
  return info.si_pid == process;
}

#ifdef __linux__
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/// Has the kernel send this process a signal when the thread that forked it ends.
static inline int seppo_signal_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal); }

/// Makes this process the parent of its descendants whose parents have died.
static inline int seppo_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1); }

/// Waits while the word has this value, at most for the time, in nanoseconds. The word may be in memory shared by processes.
static inline void seppo_wait(const uint32_t *word, uint32_t value, long nanoseconds) {
  struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  syscall(SYS_futex, word, FUTEX_WAIT, value, &time, 0, 0);
}

/// Wakes all that wait on the word.
static inline void seppo_wake(const uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, 0, 0, 0); }

/// Returns a descriptor that can be read when the process has ended; -1 before Linux 5.3. It is closed on exec.
static inline int seppo_open_process(pid_t process) {
#ifdef SYS_pidfd_open
  return (int)syscall(SYS_pidfd_open, process, 0);
#else
  return -1;
#endif
}

// glibc has them, since 2.34, but declares them only with _DEFAULT_SOURCE or _GNU_SOURCE.
extern int pipe2(int ends[2], int flags);
extern int on_exit(void (*function)(int status, void *argument), void *argument);
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);
#else
static inline int seppo_open_process(pid_t process) { return -1; }
static inline int seppo_signal_with_parent(int signal) { return 0; }
static inline int seppo_adopt_orphans(void) { return 0; }

/// Sleeps a moment: there is no call for waiting on shared memory in all versions of macOS.
static inline void seppo_wait(const uint32_t *word, uint32_t value, long nanoseconds) {
  struct timespec time = {0, nanoseconds < 50000 ? nanoseconds : 50000};
  if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) nanosleep(&time, 0);
}

static inline void seppo_wake(const uint32_t *word) {}
#endif

#endif
