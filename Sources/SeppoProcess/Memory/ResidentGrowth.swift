/// By how much this process grows, for results whose bytes nobody counts.
package struct ResidentGrowth {
  private var highest: Int?
  private var items = 0
  private var looked = 0

  package init() {}

  /// It is looked at so often, in nanoseconds.
  package static let pace = 10_000_000

  /// Results have come.
  ///
  /// - Returns: how many since the last look, and the bytes by which the process is larger than ever; these are nil at the
  ///   first look, which takes in what the program holds besides. Nil where it isn't time for a look.
  package mutating func came(_ items: Int, at now: Int, _ limits: MemoryLimits) -> (items: Int, bytes: Int?)? {
    self.items += items
    if looked == 0 { looked = now }
    guard now - looked >= ResidentGrowth.pace, let resident = limits.resident else { return nil }
    looked = now
    defer { (highest, self.items) = (max(resident, highest ?? 0), 0) }
    return (self.items, highest.map { max(0, resident - $0) })
  }
}
