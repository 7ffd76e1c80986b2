/// Nanoseconds since some fixed moment; it never goes back.
package func monotonicNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

extension Duration {
  /// In nanoseconds; nil where it is more than a century.
  package var inNanoseconds: Int? {
    let (seconds, attoseconds) = components
    return seconds < 4_000_000_000 ? Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000) : nil
  }
}

/// The time of day.
package func secondsSince1970() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
