#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Does what the back-off says.
package func rest(_ pause: Backoff.Pause) {
  switch pause {
  case .spin: return
  case .yield: sched_yield()
  case .sleep(let nanoseconds):
    var time = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    nanosleep(&time, nil)
  }
}

/// Ends this process at once, without what is done at an orderly exit.
func leaveProcess(status: Int32) -> Never { _exit(status) }

/// Whether two stretches of memory of one length hold the same.
func areEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
  guard let first = one.baseAddress, let second = other.baseAddress else { return true }
  return memcmp(first, second, one.count) == 0
}
