import Synchronization

/// The position up to which a chunk has been started. A compute thread takes the chunk's items batch by batch, while
/// others may cut unstarted items off the end and give them to another rank.
///
/// `@unchecked Sendable` because any thread may call `next` and `remaining`, which use only the atomic range, while one
/// thread at a time, the owner of the participant, makes all other accesses.
package final class ChunkCursor: @unchecked Sendable {
  /// The chunk as it was assigned.
  package let chunk: Range<Int>
  /// The number of items that stay together when the end is cut off.
  package let unit: Int
  /// Whether the chunk's last item has exceeded its time limit.
  package var isOverdue = false
  private let unstarted: AtomicRange
  private let word: UnsafeMutablePointer<AtomicRange.Word>

  /// The maximum number of items in a chunk.
  package static let maximumCount = AtomicRange.maximumCount

  package init(_ chunk: Range<Int>, unit: Int) {
    precondition(chunk.count <= ChunkCursor.maximumCount, "a chunk of \(chunk.count) items")
    self.chunk = chunk
    self.unit = unit
    word = .allocate(capacity: 1)
    word.initialize(to: AtomicRange.Word(0))
    unstarted = AtomicRange(word, origin: chunk.lowerBound)
    unstarted.store(chunk)
  }

  deinit { word.deallocate() }

  /// The chunk without the items that were cut off.
  package var kept: Range<Int> { chunk.lowerBound..<unstarted.current.upperBound }

  /// The number of unstarted items.
  package var remaining: Int { unstarted.current.count }

  /// Starts the next batch of up to this number of items. Returns nil if none is left.
  package func next(_ batch: Int) -> Range<Int>? { unstarted.start { _ in batch } }

  /// Cuts up to this number of unstarted items off the end, rounded up to whole units counted from the chunk's first
  /// item.
  ///
  /// - Returns: the items that were cut off; an empty range if there were none.
  package func cut(_ wanted: Int) -> Range<Int> {
    unstarted.cut { range in
      wanted > 0
        ? chunk.lowerBound + max(0, range.upperBound - chunk.lowerBound - wanted) / unit * unit : range.upperBound
    }
  }
}
