/// How many items a compute thread claims at once: as many as take a tenth of a millisecond or so, as found while it goes.
///
/// What is claimed can't be called back. So each chunk begins with the fewest: what earlier items took says nothing certain of
/// the next ones.
struct StretchSize {
  /// Items, in whole units.
  private(set) var items: Int
  private let unit: Int

  /// Nanoseconds.
  static let time = 100_000
  private static let growth = 8
  private static let most = 1 << 30

  /// - Parameters:
  ///   - unit: so many items stay together.
  ///   - units: so many of these are claimed first.
  init(unit: Int, first units: Int = 1) {
    self.unit = unit
    items = unit * units
  }

  /// So many nanoseconds went into the last stretch.
  mutating func took(_ nanoseconds: Int) {
    if nanoseconds * StretchSize.growth <= StretchSize.time {
      items *= StretchSize.growth
    } else {
      items = items * StretchSize.time / nanoseconds
    }
    // Also where fewer are claimed each time than would be: their time says the same again and again.
    items = min(items, max(StretchSize.most, unit))
    items = max(items - items % unit, unit)
  }
}
