/// The grouping of items into blocks, for verbs that compute one value for several items. The engine counts blocks.
///
/// The block of an item depends on its index and the number of items alone, so it is the same on every rank and for any
/// number of ranks, threads and chunks. If the number of items isn't known at the start, it depends on the index alone: the
/// blocks grow.
package struct Blocks: Sendable, Equatable {
  package enum Size: Sendable, Equatable {
    /// This number of items in each block; the last block may have fewer.
    case fixed(Int)
    /// See `GrowingBlocks`.
    case growing
  }

  /// The number of items.
  package let items: Int
  package let size: Size

  /// The maximum number of items in a block of fixed size: a rank has all items of a block in memory.
  private static let largestSize = 1 << 17

  /// - Parameter most: the maximum number of blocks, 1 or more, unless they would be too large; nil if each item is a block
  ///   of its own.
  package init(of items: Int, atMost most: Int? = nil) {
    self.items = items
    size = .fixed(most.map { min(max(1, items / $0 + (items % $0 == 0 ? 0 : 1)), Blocks.largestSize) } ?? 1)
  }

  /// Creates blocks of a given size; nil if the arguments are invalid.
  package init?(of items: Int, size: Size) {
    guard items >= 0 else { return nil }
    if case .fixed(let size) = size, size < 1 { return nil }
    self.items = items
    self.size = size
  }

  package var count: Int { items == 0 ? 0 : block(of: items - 1) + 1 }

  /// The number of blocks that have no items to come, if more items may follow.
  package var completeCount: Int { block(of: items) }

  /// Whether each item is a block of its own.
  package var areSingle: Bool { size == .fixed(1) }

  /// Returns the items of these blocks.
  package func items(of blocks: Range<Int>) -> Range<Int> {
    if areSingle { return blocks }
    return start(of: blocks.lowerBound)..<start(of: blocks.upperBound)
  }

  /// Returns the first item of the block, or the number of items if there is no such block.
  private func start(of block: Int) -> Int {
    switch size {
    case .fixed(let size): block < items / size + (items % size == 0 ? 0 : 1) ? block * size : items
    case .growing: min(GrowingBlocks.start(of: block), items)
    }
  }

  /// Returns the number of items of the block, if there are enough.
  package func fullSize(of block: Int) -> Int {
    switch size {
    case .fixed(let size): size
    case .growing: GrowingBlocks.size(of: block)
    }
  }

  /// Returns the first item of the block.
  package func firstItem(of block: Int) -> Int { items(of: block..<(block + 1)).lowerBound }

  /// Returns the time limit of a block, in nanoseconds: the sum of its items' limits. Nil means no limit. Blocks that grow
  /// have none.
  package func timeout(perItem each: Int?) -> Int? {
    guard let each, case .fixed(let size) = size else { return nil }
    let (timeout, overflows) = each.multipliedReportingOverflow(by: size)
    return overflows ? .max : timeout
  }

  /// Returns the block that contains the item.
  package func block(of item: Int) -> Int {
    switch size {
    case .fixed(let size): item / size
    case .growing: GrowingBlocks.block(of: item)
    }
  }

  /// Returns the blocks that contain these items. The range must not be empty.
  package func blocks(of items: Range<Int>) -> Range<Int> {
    if areSingle { return items }
    return block(of: items.lowerBound)..<(block(of: items.upperBound - 1) + 1)
  }
}

extension Blocks.Size {
  /// The size as one number: 0 if the blocks grow.
  package var code: Int { if case .fixed(let size) = self { size } else { 0 } }

  package init(code: Int) { self = code == 0 ? .growing : .fixed(code) }
}

/// Blocks whose size grows with the index of their items, so that they are neither many nor, in the end, long compared with
/// what came before: 1,024 blocks of one item, then 512 of two, 512 of four, and so on.
package enum GrowingBlocks {
  private static let logarithm = 9
  /// The number of blocks of each size above one.
  private static var each: Int { 1 << logarithm }

  /// Returns the binary logarithm of the block's size.
  private static func level(of block: Int) -> Int { max(0, block / each - 1) }

  package static func size(of block: Int) -> Int { 1 << level(of: block) }

  /// Returns the first item of the block; `Int.max` if there can be no such item.
  package static func start(of block: Int) -> Int {
    let level = level(of: block)
    if level == 0 { return block }
    return level < Int.bitWidth - 1 - logarithm ? (block - level * each) << level : .max
  }

  /// Returns the block that contains the item.
  package static func block(of item: Int) -> Int {
    let level = max(0, Int.bitWidth - 1 - item.leadingZeroBitCount - logarithm)
    return level == 0 ? item : level * each + item >> level
  }
}
