import Synchronization

/// What one compute thread has in hand: items, and since when.
///
/// Written by that thread at every stretch; read by the thread in a call, by a signal handler, and from outside of the
/// process. So it is words in memory that is never freed, each written whole.
package struct InFlightSlot: Sendable {
  /// Lower and upper bound, and since when, which is 0 while there is nothing.
  private struct Words: ~Copyable {
    let lower = Atomic<Int>(0)
    let upper = Atomic<Int>(0)
    let since = Atomic<Int>(0)
    /// Whose hand it is.
    let thread = Atomic<Int>(0)
    /// A cache line for each thread.
    let room: (Int, Int, Int, Int) = (0, 0, 0, 0)
  }

  package static let size = 64

  /// Never freed, and atomic: that is why it may go to any thread.
  nonisolated(unsafe) private let words: UnsafeMutablePointer<Words>

  /// - Parameter memory: zeros, which is an empty hand, or one that is in use.
  fileprivate init(_ memory: UnsafeMutableRawPointer) { words = memory.assumingMemoryBound(to: Words.self) }

  /// The calling thread is the one that computes.
  package func own() { words.pointee.thread.store(InFlightSlot.callingThread, ordering: .relaxed) }

  /// A number that is another for every thread. May be asked by a signal handler.
  package static var callingThread: Int {
    #if canImport(Darwin)
      Int(bitPattern: pthread_self())
    #else
      Int(bitPattern: UInt(pthread_self()))
    #endif
  }

  /// From now on, in nanoseconds of the monotonic clock, the thread computes these items.
  package func take(_ items: Range<Int>, at now: Int) {
    words.pointee.since.store(0, ordering: .relaxed)
    words.pointee.lower.store(items.lowerBound, ordering: .releasing)
    words.pointee.upper.store(items.upperBound, ordering: .releasing)
    words.pointee.since.store(now, ordering: .releasing)
  }

  package func empty() { words.pointee.since.store(0, ordering: .relaxed) }

  /// The same, and all that follows on this thread comes after it, for whoever looks: who still saw the items, did so before.
  package func emptyInOrder() { words.pointee.since.store(0, ordering: .sequentiallyConsistent) }

  /// Nil while there is nothing. May be called by a signal handler.
  package var content: (items: Range<Int>, since: Int)? {
    let since = words.pointee.since.load(ordering: .sequentiallyConsistent)
    guard since != 0 else { return nil }
    let lower = words.pointee.lower.load(ordering: .acquiring)
    let upper = words.pointee.upper.load(ordering: .acquiring)
    // Changed meanwhile: it has gone on to other items.
    guard words.pointee.since.load(ordering: .relaxed) == since, lower < upper else { return nil }
    return (lower..<upper, since)
  }
}

/// Those of all compute threads of this rank.
package struct InFlightSlots: Sendable {
  /// A rank has no more compute threads than these.
  package static let most = 1024
  /// How many are in use, then the hands.
  package static let size = (1 + most) * InFlightSlot.size

  /// Never freed, and all that is in it is atomic: that is why it may go to any thread.
  nonisolated(unsafe) private let memory: UnsafeMutableRawPointer

  /// - Parameter memory: `size` bytes, never freed.
  package init(_ memory: UnsafeMutableRawPointer) {
    self.memory = memory
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: InFlightSlots.size)
  }

  private var count: UnsafeMutablePointer<Atomic<Int>> { memory.assumingMemoryBound(to: Atomic<Int>.self) }

  /// How many are in use.
  package var used: Int { count.pointee.load(ordering: .acquiring) }

  /// Whether any holds something.
  package var isAnyFull: Bool { (0..<used).contains { self[$0].content != nil } }

  /// That of a compute thread which is about to start.
  package func use(_ thread: Int) -> InFlightSlot {
    count.pointee.max(min(thread, InFlightSlots.most - 1) + 1, ordering: .acquiringAndReleasing)
    return self[thread]
  }

  package subscript(thread: Int) -> InFlightSlot {
    InFlightSlot(memory + (1 + min(thread, InFlightSlots.most - 1)) * InFlightSlot.size)
  }
}
