/// How many items a compute thread claims at once: as many as take a tenth of a millisecond or so, as found while it goes.
///
/// What is claimed can't be called back. So each chunk begins with the fewest: what earlier items took says nothing certain of
/// the next ones.
package struct StretchSize {
  /// Items, in whole units.
  package private(set) var items: Int
  private let unit: Int

  /// Nanoseconds.
  package static let time = 100_000
  private static let growth = 8
  private static let most = 1 << 30

  /// - Parameter unit: so many items stay together.
  package init(unit: Int) {
    self.unit = unit
    items = unit
  }

  /// So many nanoseconds went into the last stretch, which may have had fewer items than wanted.
  package mutating func took(_ nanoseconds: Int, for done: Int) {
    items =
      nanoseconds * StretchSize.growth <= StretchSize.time
      ? done * StretchSize.growth : done * StretchSize.time / nanoseconds
    items = min(items, max(StretchSize.most, unit))
    items = max(items - items % unit, unit)
  }
}
