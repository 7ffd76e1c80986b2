#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Makes the pause: spins, yields or sleeps.
package func rest(_ pause: Backoff.Pause) {
  switch pause {
  case .spin: return
  case .yield: sched_yield()
  case .sleep(let nanoseconds):
    var time = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    nanosleep(&time, nil)
  }
}

/// Ends this process immediately, without running exit handlers.
func exitImmediately(status: Int32) -> Never { _exit(status) }

/// Whether two buffers of the same length have the same content.
func areEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
  guard let first = one.baseAddress, let second = other.baseAddress else { return true }
  return memcmp(first, second, one.count) == 0
}
