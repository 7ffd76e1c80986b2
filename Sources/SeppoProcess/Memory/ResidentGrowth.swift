/// The growth of this process, as an estimate for results whose size in bytes isn't counted.
package struct ResidentGrowth {
  private var highest: Int?
  private var items = 0
  private var sampled = 0

  package init() {}

  /// The time between two samples, in nanoseconds.
  package static let interval = 10_000_000

  /// Adds results that have been computed.
  ///
  /// - Returns: the results since the last sample, and the bytes by which the process has outgrown its peak; nil if no sample
  ///   is due. The first sample has no bytes because it includes everything else that the program holds.
  package mutating func add(_ items: Int, at now: Int, _ limits: MemoryLimits) -> (items: Int, bytes: Int?)? {
    self.items += items
    if sampled == 0 { sampled = now }
    guard now - sampled >= ResidentGrowth.interval, let resident = limits.resident else { return nil }
    sampled = now
    defer { (highest, self.items) = (max(resident, highest ?? 0), 0) }
    return (self.items, highest.map { max(0, resident - $0) })
  }
}
