/// The measured time per item: an exponentially weighted mean.
package struct ItemTimes: Sendable, Equatable {
  private var nanoseconds: Float = 0
  private var items: Float = 0

  package init() {}

  /// The time per item on one thread, in nanoseconds; nil if none was measured.
  package var mean: Double? { items > 0 ? Double(nanoseconds) / Double(items) : nil }

  /// The factor by which each chunk reduces the weight of the earlier ones.
  private static let decay: Float = 0.75

  package mutating func add(nanoseconds: Int, items: Int) {
    guard items > 0, nanoseconds >= 0 else { return }
    self.nanoseconds = self.nanoseconds * ItemTimes.decay + Float(nanoseconds)
    self.items = self.items * ItemTimes.decay + Float(items)
  }
}

/// The measurements of a map, for the next one from the same call site.
package struct Calibration: Sendable, Equatable {
  /// On all ranks.
  package var times: ItemTimes
  /// The size of the largest chunk whose time was measured, in items.
  package var largestMeasured: Int

  /// Adds the measurement of a call that was made without a scheduler.
  package mutating func add(nanoseconds: Int, items: Int) { times.add(nanoseconds: nanoseconds, items: items) }
}
