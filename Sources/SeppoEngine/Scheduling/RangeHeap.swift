/// Ranges of indices that are waiting, the lowest first: a binary heap.
struct RangeHeap: Sendable {
  private var ranges: [Range<Int>] = []
  /// Indices in all ranges together.
  private(set) var total = 0

  var isEmpty: Bool { ranges.isEmpty }
  /// Ranges that take memory.
  var footprint: Int { ranges.count }

  mutating func insert(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    total += range.count
    ranges.append(range)
    var child = ranges.count - 1
    while child > 0, case let parent = (child - 1) / 2, ranges[child].lowerBound < ranges[parent].lowerBound {
      ranges.swapAt(child, parent)
      child = parent
    }
  }

  /// The first so many indices of the lowest range, or all of it.
  mutating func takeLowest(_ size: Int) -> Range<Int>? {
    guard let lowest = ranges.first else { return nil }
    let taken = lowest.prefix(min(size, lowest.count))
    total -= taken.count
    if taken.upperBound < lowest.upperBound {
      // Still the lowest: the ranges don't overlap.
      ranges[0] = taken.upperBound..<lowest.upperBound
    } else {
      ranges[0] = ranges[ranges.count - 1]
      ranges.removeLast()
      sink()
    }
    return taken
  }

  /// Whether there is a range that doesn't begin with one of these.
  func hasOne(butNot excluded: [Int]) -> Bool { ranges.contains { !excluded.contains($0.lowerBound) } }

  /// The lowest index at which a range begins, but for these.
  mutating func takeLowest(butNot excluded: [Int]) -> Int? {
    if excluded.isEmpty { return takeLowest(1)?.lowerBound }
    var putBack: [Range<Int>] = []
    defer { for range in putBack { insert(range) } }
    while let lowest = takeLowest(1) {
      if !excluded.contains(lowest.lowerBound) { return lowest.lowerBound }
      putBack.append(lowest)
    }
    return nil
  }

  /// Drops what isn't below the bound. O(n), once for each bound.
  mutating func limit(to bound: Int) {
    let all = ranges
    self = RangeHeap()
    for range in all where range.lowerBound < bound { insert(range.clamped(to: 0..<bound)) }
  }

  /// O(n).
  mutating func remove(_ index: Int) {
    let all = ranges
    self = RangeHeap()
    for range in all {
      if range.contains(index) {
        insert(range.lowerBound..<index)
        insert((index + 1)..<range.upperBound)
      } else {
        insert(range)
      }
    }
  }

  private mutating func sink() {
    var parent = 0
    while case let left = 2 * parent + 1, left < ranges.count {
      let right = left + 1
      let child = right < ranges.count && ranges[right].lowerBound < ranges[left].lowerBound ? right : left
      guard ranges[child].lowerBound < ranges[parent].lowerBound else { return }
      ranges.swapAt(child, parent)
      parent = child
    }
  }
}

extension Range where Bound == Int {
  /// The first so many.
  package func prefix(_ count: Int) -> Range<Int> { lowerBound..<(lowerBound + count) }
}
