import Synchronization

/// The position up to which a chunk has been started. A compute thread takes the chunk's items batch by batch, while
/// the owner may cut unstarted items off the end and give them to another rank.
///
/// The position and the end share one atomic word, so each item is either started here or given away, never both.
/// `@unchecked Sendable` because any thread may call `next` and `remaining`, which use only the atomic word, while one
/// thread at a time, the owner of the participant, makes all other accesses.
package final class ChunkCursor: @unchecked Sendable {
  /// The chunk as it was assigned.
  package let chunk: Range<Int>
  /// The number of items that stay together when the end is cut off.
  package let unit: Int
  /// The current end of the chunk.
  private var end: Int
  /// Whether the chunk's last item has exceeded its time limit.
  package var isOverdue = false
  /// The number of started items in the lower half and the end in the upper half, both relative to the chunk's first
  /// item.
  private let bounds: Atomic<UInt64>

  /// The maximum number of items in a chunk.
  package static let maximumCount = Int(UInt32.max)

  package init(_ chunk: Range<Int>, unit: Int) {
    precondition(chunk.count <= ChunkCursor.maximumCount, "a chunk of \(chunk.count) items")
    self.chunk = chunk
    self.unit = unit
    end = chunk.upperBound
    bounds = Atomic(UInt64(chunk.count) << 32)
  }

  /// The chunk without the items that were cut off.
  package var kept: Range<Int> { chunk.lowerBound..<end }

  /// The number of unstarted items.
  package var remaining: Int {
    let (started, end) = ChunkCursor.split(bounds.load(ordering: .relaxed))
    return end - started
  }

  /// Starts the next batch of up to this number of items. Returns nil if none is left.
  package func next(_ batch: Int) -> Range<Int>? {
    var seen = bounds.load(ordering: .relaxed)
    while true {
      let (started, end) = ChunkCursor.split(seen)
      guard started < end else { return nil }
      let taken = started..<min(started + batch, end)
      let (done, now) = bounds.compareExchange(
        expected: seen, desired: UInt64(end) << 32 | UInt64(taken.upperBound), ordering: .relaxed)
      if done { return (chunk.lowerBound + taken.lowerBound)..<(chunk.lowerBound + taken.upperBound) }
      seen = now
    }
  }

  /// Cuts up to this number of unstarted items off the end, rounded up to whole units counted from the chunk's first
  /// item.
  ///
  /// - Returns: the items that were cut off; an empty range if there were none.
  package func cut(_ wanted: Int) -> Range<Int> {
    var seen = bounds.load(ordering: .relaxed)
    while true {
      let (started, end) = ChunkCursor.split(seen)
      guard started < end, wanted > 0 else { return self.end..<self.end }
      let place = max(max(0, end - wanted) / unit * unit, started)
      let (done, now) = bounds.compareExchange(
        expected: seen, desired: UInt64(place) << 32 | UInt64(started), ordering: .relaxed)
      if done {
        self.end = chunk.lowerBound + place
        return self.end..<(chunk.lowerBound + end)
      }
      seen = now
    }
  }

  private static func split(_ word: UInt64) -> (started: Int, end: Int) { (Int(word & 0xFFFF_FFFF), Int(word >> 32)) }
}
