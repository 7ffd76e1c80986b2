import SeppoCompute
import SeppoProcess

/// Items of a chunk that failed, as a rank reports them.
struct FailedItems: Codable, Sendable {
  let lower: Int
  let upper: Int
  /// So many items of the chunk, from the first on, are dealt with.
  let completed: Int
  /// Lowest first.
  let failures: [FailedItem]

  var chunk: Range<Int> { lower..<upper }
}

/// Items that have passed their time, as a rank reports them.
struct LateReport: Codable, Sendable {
  let items: [FailedItem]
  /// How long each has been computed for, in nanoseconds.
  let elapsed: [Int]
  /// What stood behind them and is given back: lower and upper bounds in turns.
  let bounds: [Int]

  /// Nil where there is nothing to report.
  init?(_ late: LateItems, _ error: (Int) -> SeppoError) {
    if late.items.isEmpty && late.givenBack.isEmpty { return nil }
    let now = monotonicNanoseconds()
    items = late.items.map { FailedItem(index: $0.index, error: error($0.index)) }
    elapsed = late.items.map { now - $0.since }
    bounds = Control.bounds(late.givenBack)
  }
}
