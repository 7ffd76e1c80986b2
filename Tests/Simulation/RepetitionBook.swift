/// What must be true of the items that two workers compute.
struct RepetitionBook {
  /// The worker whose result of each item counts; -1 where there is none of this map.
  private var computedBy: [Int]
  /// Items that are computed again: by whom.
  private(set) var underWay: [Int: Int] = [:]
  private var begun: Set<Int> = []
  private(set) var compared = 0

  init(count: Int) { computedBy = Array(repeating: -1, count: count) }

  /// Whether the map has come to this.
  var hasBegun: Bool { !begun.isEmpty }

  mutating func computed(_ item: Int, by worker: Int) { computedBy[item] = worker }

  mutating func gave(_ chunk: Range<Int>, to worker: Int) throws {
    let item = chunk.lowerBound
    guard chunk.count == 1, computedBy[item] >= 0 else { throw Violation("\(chunk) is computed again, for no result") }
    guard computedBy[item] != worker else { throw Violation("item \(item) is computed twice by worker \(worker)") }
    guard begun.insert(item).inserted else { throw Violation("item \(item) is computed a third time") }
    underWay[item] = worker
  }

  /// The worker whose result this one's is to be compared with; nil where nothing was to be expected any more.
  mutating func ended(_ item: Int) -> Int? { underWay.removeValue(forKey: item) == nil ? nil : computedBy[item] }

  mutating func cameTwice() { compared += 1 }

  mutating func lost(_ worker: Int) { underWay = underWay.filter { $0.value != worker } }

  /// Where there are others, the first item at least must have been computed twice.
  func checkThatFirstWas(_ isWanted: Bool) throws {
    guard underWay.isEmpty else { throw Violation("it has ended, and \(underWay) are computed again") }
    if isWanted, computedBy.first ?? -1 >= 0, !begun.contains(0) { throw Violation("nothing is computed twice") }
  }
}
