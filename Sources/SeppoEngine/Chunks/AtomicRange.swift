import Synchronization

/// A range of items that are not started, in one atomic word. Its owner starts items at the beginning, while others may cut
/// items off the end: each item is either started or cut off, never both.
///
/// `@unchecked Sendable` because the word is atomic. Whoever makes it keeps the memory.
package struct AtomicRange: @unchecked Sendable {
  package typealias Word = Atomic<UInt64>

  private let word: UnsafeMutablePointer<Word>
  /// The bounds in the word are relative to this index: the lower one in the lower half, the upper one in the upper half.
  private let origin: Int

  /// The largest distance of an index from the origin.
  package static let maximumCount = Int(UInt32.max)

  /// - Parameter origin: the lowest possible index.
  package init(_ word: UnsafeMutablePointer<Word>, origin: Int = 0) {
    self.word = word
    self.origin = origin
  }

  private func decode(_ word: UInt64) -> Range<Int> {
    (origin + Int(word & 0xFFFF_FFFF))..<(origin + Int(word >> 32))
  }

  private func encode(_ range: Range<Int>) -> UInt64 {
    UInt64(range.upperBound - origin) << 32 | UInt64(range.lowerBound - origin)
  }

  /// The items that are not started.
  package var current: Range<Int> { decode(word.pointee.load(ordering: .relaxed)) }

  /// Replaces the range. Nobody may start or cut off items at the same time, unless it is empty.
  package func store(_ range: Range<Int>) { word.pointee.store(encode(range), ordering: .releasing) }

  /// Starts items at the beginning.
  ///
  /// - Parameter size: returns the number of items to start, 1 or more, from the number of items.
  /// - Returns: the started items; nil if there are none.
  package func start(_ size: (_ count: Int) -> Int) -> Range<Int>? {
    change { range in
      guard !range.isEmpty else { return nil }
      return (range.lowerBound + min(size(range.count), range.count))..<range.upperBound
    }.map { $0.before.lowerBound..<$0.after.lowerBound }
  }

  /// Gives back items that were started last, of which others may then take some. Only the owner may call it.
  package func giveBack(_ range: Range<Int>) {
    _ = change { $0.isEmpty ? range : range.lowerBound..<$0.upperBound }
  }

  /// Cuts items off the end.
  ///
  /// - Parameter place: returns the new end, from the range.
  /// - Returns: the items that were cut off; empty if there were none.
  package func cut(at place: (Range<Int>) -> Int) -> Range<Int> {
    let cut = change { range in
      let end = max(place(range), range.lowerBound)
      return end < range.upperBound ? range.lowerBound..<end : nil
    }
    if let cut { return cut.after.upperBound..<cut.before.upperBound }
    let end = current.upperBound
    return end..<end
  }

  /// - Returns: the range before and after; nil if the body returned nil.
  private func change(_ body: (Range<Int>) -> Range<Int>?) -> (before: Range<Int>, after: Range<Int>)? {
    var seen = word.pointee.load(ordering: .relaxed)
    while true {
      let before = decode(seen)
      guard let after = body(before) else { return nil }
      let (isDone, now) = word.pointee.weakCompareExchange(
        expected: seen, desired: encode(after), successOrdering: .acquiringAndReleasing, failureOrdering: .relaxed)
      if isDone { return (before, after) }
      seen = now
    }
  }
}
