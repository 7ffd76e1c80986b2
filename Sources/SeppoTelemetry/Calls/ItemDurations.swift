/// How long items took: their number and total time, by powers of two of a nanosecond.
package struct ItemDurations: Sendable {
  private var counts = [Int](repeating: 0, count: 64)
  private var totals = [Int](repeating: 0, count: 64)
  package private(set) var count = 0
  package private(set) var total = 0

  package init() {}

  /// Adds items that took this time together.
  package mutating func add(items: Int, nanoseconds: Int) {
    guard items > 0 else { return }
    let place = bucket(of: nanoseconds / items)
    counts[place] += items
    totals[place] += nanoseconds
    count += items
    total += nanoseconds
  }

  package mutating func add(_ other: ItemDurations) {
    for place in counts.indices {
      counts[place] += other.counts[place]
      totals[place] += other.totals[place]
    }
    count += other.count
    total += other.total
  }

  private func bucket(of nanoseconds: Int) -> Int { 63 - max(1, nanoseconds).leadingZeroBitCount }

  package var mean: Int { count > 0 ? total / count : 0 }

  /// Returns how long an item that has taken this time will probably take still: the mean residual life of the items that
  /// took clearly longer. If none did, as long as it has taken so far, which is what remains of a heavy tail.
  package func remaining(after age: Int) -> Int {
    let longer = (bucket(of: age) + 1)..<64
    let items = counts[longer].reduce(0, +)
    guard items > 0 else { return count == 0 || age > mean ? age : mean - age }
    return max(0, totals[longer].reduce(0, +) / items - age)
  }
}
