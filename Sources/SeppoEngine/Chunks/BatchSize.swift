/// The number of items that a compute thread starts at once, adapted so that a batch takes about 0.1 ms.
///
/// A started item can't be recalled, so each chunk begins with the smallest batch: the times of earlier items don't
/// predict those of the next ones.
package struct BatchSize: Sendable {
  /// The size of the next batch, in items: a multiple of `unit`.
  package private(set) var items: Int
  private let unit: Int

  /// The intended time of a batch, in nanoseconds.
  package static let targetTime = 100_000
  private static let growth = 8
  private static let maximum = 1 << 30

  /// - Parameter unit: the number of items that stay together.
  package init(unit: Int) {
    self.unit = unit
    items = unit
  }

  /// Adapts the size to the last batch, which may have had fewer items than `items`.
  package mutating func record(nanoseconds: Int, items done: Int) {
    items =
      nanoseconds * BatchSize.growth <= BatchSize.targetTime
      ? done * BatchSize.growth : done * BatchSize.targetTime / nanoseconds
    items = min(items, max(BatchSize.maximum, unit))
    items = max(items - items % unit, unit)
  }
}
