/// Items that are not started and not held by any rank: never assigned, or returned unstarted.
struct UnstartedItems: Sendable {
  /// Items at or above this index are not started, even if more are added.
  private var limit = Int.max
  /// The number of items so far.
  private var end = 0
  /// Items at or above this index don't exist or are not started any more.
  var bound: Int { min(limit, end) }
  /// Whether items that are added later would not be started.
  var isLimited: Bool { limit < .max }
  /// No item at or above this index was ever assigned.
  private var next = 0
  /// The unstarted items below `next`: returned, or below items that were done from the start.
  private var ranges = RangeHeap()

  /// Skips a range. In ascending order, each insertion into the heap takes constant time.
  private mutating func skip(_ range: Range<Int>) {
    precondition(range.lowerBound >= next, "\(range) isn't above all earlier ranges")
    ranges.insert(next..<range.lowerBound)
    next = range.upperBound
  }

  var count: Int { max(0, bound - next) + ranges.total }

  /// The number of ranges in memory.
  var footprint: Int { ranges.footprint }

  /// Removes up to `size` adjacent items, the lowest ones, so that the lowest failure is found as early as possible.
  /// There must be at least one item.
  mutating func takeLowest(_ size: Int) -> Range<Int> {
    if let chunk = ranges.takeLowest(size) { return chunk }
    let chunk = next..<min(next + size, bound)
    next = chunk.upperBound
    return chunk
  }

  /// Adds items after the existing ones.
  ///
  /// - Parameters:
  ///   - done: those of them that are already done, as disjoint ranges in ascending order.
  ///   - quarantine: those that wait elsewhere, in ascending order, none of them done.
  mutating func add(_ more: Int, done: [Range<Int>] = [], quarantine: [Int] = []) {
    end += more
    var quarantine = quarantine[...]
    for range in done {
      while let index = quarantine.first, index < range.lowerBound {
        skip(index..<(index + 1))
        quarantine = quarantine.dropFirst()
      }
      skip(range)
    }
    for index in quarantine { skip(index..<(index + 1)) }
    precondition(next <= end, "item \(next - 1) isn't one of \(end)")
  }

  /// Puts back items that were assigned but not started.
  mutating func insert(_ range: Range<Int>) { ranges.insert(range) }

  /// Removes an item that is settled without having been started. O(n) if an item above it was skipped or assigned.
  mutating func remove(_ index: Int) {
    if index < next { ranges.remove(index) } else { skip(index..<(index + 1)) }
  }

  /// Removes items at or above the bound.
  mutating func limit(to bound: Int) {
    limit = min(limit, bound)
    ranges.limit(to: bound)
  }
}
