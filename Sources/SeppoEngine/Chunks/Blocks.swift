/// How items are grouped, for verbs that compute one value for several: what the engine counts is blocks then.
///
/// The grouping depends on the number of items alone, so that it is the same on every rank, at any number of ranks, threads
/// and chunks.
package struct Blocks: Sendable, Equatable {
  /// Items.
  package let items: Int
  /// Items of each block; the last one may have fewer.
  package let size: Int

  /// - Parameter most: no more blocks than these, 1 or more; nil where each item is a block of its own.
  package init(of items: Int, most: Int? = nil) {
    self.items = items
    size = most.map { max(1, items / $0 + (items % $0 == 0 ? 0 : 1)) } ?? 1
  }

  /// Of a size that is known.
  package init?(of items: Int, size: Int) {
    guard items >= 0, size >= 1 else { return nil }
    self.items = items
    self.size = size
  }

  package var count: Int { items / size + (items % size == 0 ? 0 : 1) }

  /// The items of these blocks.
  package func items(of blocks: Range<Int>) -> Range<Int> {
    if size == 1 { return blocks }
    return start(of: blocks.lowerBound)..<start(of: blocks.upperBound)
  }

  private func start(of block: Int) -> Int { block < count ? block * size : items }

  /// The first item of the block.
  package func firstItem(of block: Int) -> Int { items(of: block..<(block + 1)).lowerBound }

  /// The time of a block, of whose items each has this one, together; nil for any time.
  package func time(_ each: Int?) -> Int? {
    guard let each else { return nil }
    let (time, isTooLong) = each.multipliedReportingOverflow(by: size)
    return isTooLong ? .max : time
  }

  /// The block that holds the item.
  package func block(of item: Int) -> Int { item / size }

  /// The blocks that hold these items, of which there is one at least.
  package func blocks(of items: Range<Int>) -> Range<Int> {
    if size == 1 { return items }
    return block(of: items.lowerBound)..<(block(of: items.upperBound - 1) + 1)
  }
}
