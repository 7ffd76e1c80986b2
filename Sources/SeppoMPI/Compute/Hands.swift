import Synchronization

/// What one compute thread has in hand: items, and since when.
///
/// Written by that thread at every stretch; read by the thread in a call, by a signal handler, and from outside of the
/// process. So it is words in memory that is never freed, each written whole.
struct Hand: Sendable {
  /// Lower and upper bound, and since when, which is 0 while there is nothing.
  private struct Words: ~Copyable {
    let lower = Atomic<Int>(0)
    let upper = Atomic<Int>(0)
    let since = Atomic<Int>(0)
    /// A cache line for each thread.
    let room: (Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0)
  }

  static let size = 64

  /// Never freed, and atomic: that is why it may go to any thread.
  nonisolated(unsafe) private let words: UnsafeMutablePointer<Words>

  fileprivate init(_ memory: UnsafeMutableRawPointer) {
    words = memory.bindMemory(to: Words.self, capacity: 1)
    words.initialize(to: Words())
  }

  /// From now on, in nanoseconds of the monotonic clock, the thread computes these items.
  func take(_ items: Range<Int>, at now: Int) {
    words.pointee.since.store(0, ordering: .relaxed)
    words.pointee.lower.store(items.lowerBound, ordering: .releasing)
    words.pointee.upper.store(items.upperBound, ordering: .releasing)
    words.pointee.since.store(now, ordering: .releasing)
  }

  func empty() { words.pointee.since.store(0, ordering: .relaxed) }

  /// Nil while there is nothing. May be called by a signal handler.
  var content: (items: Range<Int>, since: Int)? {
    let since = words.pointee.since.load(ordering: .acquiring)
    guard since != 0 else { return nil }
    let lower = words.pointee.lower.load(ordering: .acquiring)
    let upper = words.pointee.upper.load(ordering: .acquiring)
    // Changed meanwhile: it has gone on to other items.
    guard words.pointee.since.load(ordering: .relaxed) == since, lower < upper else { return nil }
    return (lower..<upper, since)
  }
}

/// Those of all compute threads of this rank.
struct Hands: Sendable {
  /// More compute threads than these aren't told apart.
  static let most = 256

  private let hands: [Hand]

  /// - Parameter memory: room for `most` hands, never freed.
  init(_ memory: UnsafeMutableRawPointer) {
    hands = (0..<Hands.most).map { Hand(memory + $0 * Hand.size) }
  }

  subscript(thread: Int) -> Hand { hands[min(thread, Hands.most - 1)] }
}
