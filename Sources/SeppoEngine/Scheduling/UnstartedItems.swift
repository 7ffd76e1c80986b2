/// Items that nobody has begun and nobody holds: those that were never handed out, and those that came back so.
struct UnstartedItems: Sendable {
  /// Items at or above this index are not begun any more, however many there are.
  private var limit = Int.max
  /// How many items there are.
  private var end: Int
  /// Items at or above this index are not begun any more, or are not there.
  var bound: Int { min(limit, end) }
  /// Whether items that are still to come would not be begun.
  var isLimited: Bool { limit < .max }
  /// From here on nothing was ever handed out.
  private var next = 0
  /// Below that: what came back, and what stands before items that were done from the start.
  private var ranges = RangeHeap()

  /// - Parameters:
  ///   - done: items that are done already, in ascending order, and apart from each other.
  ///   - alone: items that wait elsewhere, in ascending order, none of them done.
  init(count: Int, done: [Range<Int>], alone: [Int]) {
    end = count
    var alone = alone[...]
    for range in done {
      while let index = alone.first, index < range.lowerBound {
        skip(index..<(index + 1))
        alone = alone.dropFirst()
      }
      skip(range)
    }
    for index in alone { skip(index..<(index + 1)) }
    precondition(next <= count, "item \(next - 1) isn't one of \(count)")
  }

  /// In ascending order each goes into the heap in constant time.
  private mutating func skip(_ range: Range<Int>) {
    precondition(range.lowerBound >= next, "\(range) doesn't stand above all before it")
    ranges.insert(next..<range.lowerBound)
    next = range.upperBound
  }

  var count: Int { max(0, bound - next) + ranges.total }

  /// Ranges that take memory.
  var footprint: Int { ranges.footprint }

  /// So many of the lowest items that stand together, or fewer: an error among them then decides soonest. There must be one.
  mutating func takeLowest(_ size: Int) -> Range<Int> {
    if let chunk = ranges.takeLowest(size) { return chunk }
    let chunk = next..<min(next + size, bound)
    next = chunk.upperBound
    return chunk
  }

  mutating func add(_ more: Int) { end += more }

  /// Handed out, and not begun.
  mutating func insert(_ range: Range<Int>) { ranges.insert(range) }

  /// The item has a fate without having been begun. O(n) where something above it was skipped or handed out.
  mutating func remove(_ index: Int) {
    if index < next { ranges.remove(index) } else { skip(index..<(index + 1)) }
  }

  /// Drops what isn't below the bound.
  mutating func limit(to bound: Int) {
    limit = min(limit, bound)
    ranges.limit(to: bound)
  }
}
