/// Items that were drawn from a sequence, until they are settled: they may have to be sent again.
final class DrawnItems<Element> {
  /// A piece of memory with items.
  fileprivate final class Memory {
    let items: UnsafeMutableBufferPointer<Element>

    init(_ items: [Element]) {
      self.items = .allocate(capacity: items.count)
      _ = self.items.initialize(from: items)
    }

    deinit {
      items.deinitialize()
      items.deallocate()
    }
  }

  /// A range of items, in memory that stays as long as the part.
  struct Part {
    let items: UnsafeBufferPointer<Element>
    /// Whether the items stay until they are settled, even without the part.
    let isLasting: Bool
    private let owner: AnyObject

    fileprivate init(_ memory: Memory, _ range: Range<Int>, isLasting: Bool = true) {
      items = UnsafeBufferPointer(rebasing: memory.items[range])
      self.isLasting = isLasting
      owner = memory
    }
  }

  private struct Segment {
    let range: Range<Int>
    let memory: Memory
    var unsettled: Int
  }

  /// In ascending order; those whose items are all settled are gone.
  private var segments: [Segment] = []
  /// The number of items that were drawn.
  private(set) var count = 0

  func append(_ items: [Element]) {
    if items.isEmpty { return }
    let range = count..<(count + items.count)
    segments.append(Segment(range: range, memory: Memory(items), unsettled: items.count))
    count = range.upperBound
  }

  /// Returns items, none of them settled.
  func part(_ range: Range<Int>) -> Part {
    let first = segment(of: range.lowerBound)
    let segment = segments[first]
    if range.upperBound <= segment.range.upperBound {
      return Part(segment.memory, range.shifted(by: -segment.range.lowerBound))
    }
    var items: [Element] = []
    var next = first
    while items.count < range.count {
      let segment = segments[next]
      let shared = range.clamped(to: segment.range)
      items += segment.memory.items[shared.shifted(by: -segment.range.lowerBound)]
      next += 1
    }
    return Part(Memory(items), items.indices, isLasting: false)
  }

  /// Frees the items of the range, which is settled.
  func release(_ range: Range<Int>) {
    if range.isEmpty { return }
    let first = segment(of: range.lowerBound)
    var next = first
    while next < segments.count, segments[next].range.lowerBound < range.upperBound {
      segments[next].unsettled -= range.clamped(to: segments[next].range).count
      next += 1
    }
    segments[first..<next].contains { $0.unsettled == 0 } ? removeSettled(first..<next) : ()
  }

  private func removeSettled(_ places: Range<Int>) {
    segments.replaceSubrange(places, with: segments[places].filter { $0.unsettled > 0 })
  }

  /// Returns the place of the segment that contains the item.
  private func segment(of item: Int) -> Int {
    var (lower, upper) = (0, segments.count)
    while lower < upper {
      let middle = (lower + upper) / 2
      if segments[middle].range.upperBound <= item { lower = middle + 1 } else { upper = middle }
    }
    return lower
  }
}
