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
    size = most.map { max(1, (items + $0 - 1) / $0) } ?? 1
  }

  package var count: Int { (items + size - 1) / size }

  /// The items of these blocks.
  package func items(of blocks: Range<Int>) -> Range<Int> {
    if size == 1 { return blocks }
    return (blocks.lowerBound * size)..<min(blocks.upperBound * size, max(items, blocks.lowerBound * size))
  }

  /// The block that holds the item.
  package func block(of item: Int) -> Int { item / size }
}
