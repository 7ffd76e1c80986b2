/// Disjoint ranges of indices, ordered by a binary heap with the lowest range first.
struct RangeHeap: Sendable {
  private var ranges: [Range<Int>] = []
  /// The number of indices in all ranges.
  private(set) var total = 0

  var isEmpty: Bool { ranges.isEmpty }
  /// The number of ranges in memory.
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

  /// Removes up to `size` indices from the start of the lowest range. Returns nil if the heap is empty.
  mutating func takeLowest(_ size: Int) -> Range<Int>? {
    guard let lowest = ranges.first else { return nil }
    let taken = lowest.prefix(min(size, lowest.count))
    total -= taken.count
    if taken.upperBound < lowest.upperBound {
      // It is still the lowest, as the ranges don't overlap.
      ranges[0] = taken.upperBound..<lowest.upperBound
    } else {
      ranges[0] = ranges[ranges.count - 1]
      ranges.removeLast()
      sink()
    }
    return taken
  }

  /// Returns whether a range starts with an index that isn't excluded.
  func hasRange(excluding excluded: [Int]) -> Bool { ranges.contains { !excluded.contains($0.lowerBound) } }

  /// Removes the lowest start of a range that isn't excluded.
  mutating func takeLowest(excluding excluded: [Int]) -> Int? {
    if excluded.isEmpty { return takeLowest(1)?.lowerBound }
    var putBack: [Range<Int>] = []
    defer { for range in putBack { insert(range) } }
    while let lowest = takeLowest(1) {
      if !excluded.contains(lowest.lowerBound) { return lowest.lowerBound }
      putBack.append(lowest)
    }
    return nil
  }

  /// Removes indices at or above the bound. O(n), once per bound.
  mutating func limit(to bound: Int) {
    let all = ranges
    self = RangeHeap()
    for range in all where range.lowerBound < bound { insert(range.clamped(to: 0..<bound)) }
  }

  /// Removes one index. O(n).
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
  /// Returns the first `count` indices.
  package func prefix(_ count: Int) -> Range<Int> { lowerBound..<(lowerBound + count) }
}
