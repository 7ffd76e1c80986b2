import Synchronization

/// Which items of a chunk its compute thread has begun, and up to where it may go: the thread claims items a stretch at a
/// time, and meanwhile the thread in the call may cut off what isn't claimed.
///
/// Both are one word, changed in one step, so that an item is either begun here or given away, never both.
package struct Claims: ~Copyable {
  /// The begun in the lower half, the end in the upper.
  private let word: Atomic<UInt64>

  /// A chunk has fewer items.
  package static let largest = Int(UInt32.max)

  package init(count: Int) {
    precondition((0...Claims.largest).contains(count), "a chunk of \(count) items")
    word = Atomic(UInt64(count) << 32)
  }

  /// The next so many items, counted from the chunk's first; nil when there are none any more.
  package func next(_ stretch: Int) -> Range<Int>? {
    var seen = word.load(ordering: .relaxed)
    while true {
      let (begun, end) = Claims.split(seen)
      guard begun < end else { return nil }
      let claimed = begun..<min(begun + stretch, end)
      let (done, now) = word.compareExchange(
        expected: seen, desired: UInt64(end) << 32 | UInt64(claimed.upperBound), ordering: .relaxed)
      if done { return claimed }
      seen = now
    }
  }

  /// Items that are not claimed.
  package var left: Int {
    let (begun, end) = Claims.split(word.load(ordering: .relaxed))
    return end - begun
  }

  /// Cuts off so many unclaimed items at the end, or as many as there are, or a few more: whole units, counted from the
  /// chunk's first item.
  ///
  /// - Returns: what was cut off, counted from the chunk's first item; empty where nothing was.
  package func cut(_ wanted: Int, unit: Int) -> Range<Int> {
    var seen = word.load(ordering: .relaxed)
    while true {
      let (begun, end) = Claims.split(seen)
      guard begun < end, wanted > 0 else { return end..<end }
      let place = max(max(0, end - wanted) / unit * unit, begun)
      let (done, now) = word.compareExchange(
        expected: seen, desired: UInt64(place) << 32 | UInt64(begun), ordering: .relaxed)
      if done { return place..<end }
      seen = now
    }
  }

  private static func split(_ word: UInt64) -> (begun: Int, end: Int) { (Int(word & 0xFFFF_FFFF), Int(word >> 32)) }
}
