import Synchronization

/// How far a chunk has been begun: a compute thread takes its items batch by batch, and meanwhile what it hasn't taken may be
/// cut off at the end and go elsewhere.
///
/// Begin and end are one word that changes in one step, so that an item is either begun here or given away, never both.
/// `next` and `left` may be called by any thread; all else by one thread at a time, the one that owns the participant: that
/// is why it is `@unchecked Sendable`.
package final class ChunkCursor: @unchecked Sendable {
  /// The chunk as it was given.
  package let chunk: Range<Int>
  /// Where an end is cut off, this number of items stays together.
  package let unit: Int
  /// Where the chunk ends by now.
  private var end: Int
  /// Whether its last item has passed its time.
  package var isOverdue = false
  /// The begun in the lower half, the end in the upper, both counted from the chunk's first item.
  private let word: Atomic<UInt64>

  /// A chunk has fewer items.
  package static let largest = Int(UInt32.max)

  package init(_ chunk: Range<Int>, unit: Int) {
    precondition(chunk.count <= ChunkCursor.largest, "a chunk of \(chunk.count) items")
    self.chunk = chunk
    self.unit = unit
    end = chunk.upperBound
    word = Atomic(UInt64(chunk.count) << 32)
  }

  /// The chunk without what was cut off.
  package var kept: Range<Int> { chunk.lowerBound..<end }

  /// Items that are not begun.
  package var left: Int {
    let (begun, end) = ChunkCursor.split(word.load(ordering: .relaxed))
    return end - begun
  }

  /// Begins the next batch of up to this number of items; nil when none is left.
  package func next(_ batch: Int) -> Range<Int>? {
    var seen = word.load(ordering: .relaxed)
    while true {
      let (begun, end) = ChunkCursor.split(seen)
      guard begun < end else { return nil }
      let taken = begun..<min(begun + batch, end)
      let (done, now) = word.compareExchange(
        expected: seen, desired: UInt64(end) << 32 | UInt64(taken.upperBound), ordering: .relaxed)
      if done { return (chunk.lowerBound + taken.lowerBound)..<(chunk.lowerBound + taken.upperBound) }
      seen = now
    }
  }

  /// Cuts off up to this number of items that are not begun, or a few more: whole units, counted from the chunk's first.
  ///
  /// - Returns: what was cut off; empty where nothing was.
  package func cut(_ wanted: Int) -> Range<Int> {
    var seen = word.load(ordering: .relaxed)
    while true {
      let (begun, end) = ChunkCursor.split(seen)
      guard begun < end, wanted > 0 else { return self.end..<self.end }
      let place = max(max(0, end - wanted) / unit * unit, begun)
      let (done, now) = word.compareExchange(
        expected: seen, desired: UInt64(place) << 32 | UInt64(begun), ordering: .relaxed)
      if done {
        self.end = chunk.lowerBound + place
        return self.end..<(chunk.lowerBound + end)
      }
      seen = now
    }
  }

  private static func split(_ word: UInt64) -> (begun: Int, end: Int) { (Int(word & 0xFFFF_FFFF), Int(word >> 32)) }
}
