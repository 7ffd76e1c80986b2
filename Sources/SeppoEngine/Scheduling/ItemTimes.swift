/// What items have been found to take: a mean in which what is older counts less.
package struct ItemTimes: Sendable, Equatable {
  private var nanoseconds: Float = 0
  private var items: Float = 0

  package init() {}

  /// Nanoseconds an item, on one thread; nil before any was measured.
  package var mean: Double? { items > 0 ? Double(nanoseconds) / Double(items) : nil }

  /// Each further chunk leaves three quarters of the weight of those before.
  private static let memory: Float = 0.75

  package mutating func add(nanoseconds: Int, items: Int) {
    guard items > 0, nanoseconds >= 0 else { return }
    self.nanoseconds = self.nanoseconds * ItemTimes.memory + Float(nanoseconds)
    self.items = self.items * ItemTimes.memory + Float(items)
  }
}

/// What a map has measured of its items, for the next one from the same line.
package struct Calibration: Sendable, Equatable {
  /// Of all ranks.
  package var times: ItemTimes
  /// The largest chunk whose time was measured, in items.
  package var known: Int
}
