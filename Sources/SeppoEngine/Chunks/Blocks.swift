/// The grouping of items into blocks, for verbs that compute one value for several items. The engine counts blocks.
///
/// The grouping depends on the number of items alone, so it is the same on every rank and for any number of ranks,
/// threads and chunks.
package struct Blocks: Sendable, Equatable {
  /// The number of items.
  package let items: Int
  /// The number of items in each block; the last block may have fewer.
  package let size: Int

  /// - Parameter most: the maximum number of blocks, 1 or more; nil if each item is a block of its own.
  package init(of items: Int, atMost most: Int? = nil) {
    self.items = items
    size = most.map { max(1, items / $0 + (items % $0 == 0 ? 0 : 1)) } ?? 1
  }

  /// Creates blocks of a given size; nil if the arguments are invalid.
  package init?(of items: Int, size: Int) {
    guard items >= 0, size >= 1 else { return nil }
    self.items = items
    self.size = size
  }

  package var count: Int { items / size + (items % size == 0 ? 0 : 1) }

  /// Returns the items of these blocks.
  package func items(of blocks: Range<Int>) -> Range<Int> {
    if size == 1 { return blocks }
    return start(of: blocks.lowerBound)..<start(of: blocks.upperBound)
  }

  private func start(of block: Int) -> Int { block < count ? block * size : items }

  /// Returns the first item of the block.
  package func firstItem(of block: Int) -> Int { items(of: block..<(block + 1)).lowerBound }

  /// Returns the time limit of a block, in nanoseconds: the sum of its items' limits. Nil means no limit.
  package func timeout(perItem each: Int?) -> Int? {
    guard let each else { return nil }
    let (timeout, overflows) = each.multipliedReportingOverflow(by: size)
    return overflows ? .max : timeout
  }

  /// Returns the block that contains the item.
  package func block(of item: Int) -> Int { item / size }

  /// Returns the blocks that contain these items. The range must not be empty.
  package func blocks(of items: Range<Int>) -> Range<Int> {
    if size == 1 { return items }
    return block(of: items.lowerBound)..<(block(of: items.upperBound - 1) + 1)
  }
}
