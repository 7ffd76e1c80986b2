/// How many items a compute thread begins at once: what takes a tenth of a millisecond, as found while it goes.
///
/// What is begun can't be recalled. So each chunk starts with the fewest: what earlier items took says nothing certain of
/// the next ones.
package struct BatchSize: Sendable {
  /// Items, in whole units.
  package private(set) var items: Int
  private let unit: Int

  /// Nanoseconds.
  package static let time = 100_000
  private static let growth = 8
  private static let most = 1 << 30

  /// - Parameter unit: this number of items stays together.
  package init(unit: Int) {
    self.unit = unit
    items = unit
  }

  /// The last batch took these nanoseconds; it may have had fewer items than wanted.
  package mutating func took(_ nanoseconds: Int, for done: Int) {
    items =
      nanoseconds * BatchSize.growth <= BatchSize.time
      ? done * BatchSize.growth : done * BatchSize.time / nanoseconds
    items = min(items, max(BatchSize.most, unit))
    items = max(items - items % unit, unit)
  }
}
