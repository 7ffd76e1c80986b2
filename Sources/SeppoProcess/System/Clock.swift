/// Returns the time of the monotonic clock, in nanoseconds since an arbitrary moment.
package func monotonicNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Returns the processor time of this process, on all its threads, in nanoseconds.
package func processorNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

extension Duration {
  /// The duration in nanoseconds; nil if it is more than a century.
  package var inNanoseconds: Int? {
    let (seconds, attoseconds) = components
    return seconds < 4_000_000_000 ? Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000) : nil
  }
}

/// Returns the wall-clock time, in seconds since 1970.
package func secondsSince1970() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
