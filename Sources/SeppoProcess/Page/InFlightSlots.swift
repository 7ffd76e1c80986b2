import Synchronization

/// The items that one compute thread is computing, and since when.
///
/// That thread writes it at every batch. The thread in a call, a signal handler and other processes read it. So it consists
/// of atomic words in memory that is never freed.
package struct InFlightSlot: Sendable {
  /// The bounds of the items, and the start time, which is 0 while the slot is empty.
  private struct Words: ~Copyable {
    let lower = Atomic<Int>(0)
    let upper = Atomic<Int>(0)
    let since = Atomic<Int>(0)
    /// The thread that owns the slot.
    let thread = Atomic<Int>(0)
    /// The start time of items whose results are not wanted any more; 0 if there were none.
    let unwanted = Atomic<Int>(0)
    /// Fills a cache line, so that threads don't share one.
    let padding: (Int, Int, Int) = (0, 0, 0)
  }

  package static let size = 64

  /// Safe because the memory is never freed and its words are atomic.
  nonisolated(unsafe) private let words: UnsafeMutablePointer<Words>

  /// - Parameter memory: zeros, for an empty slot, or a slot in use.
  fileprivate init(_ memory: UnsafeMutableRawPointer) { words = memory.assumingMemoryBound(to: Words.self) }

  /// Makes the calling thread the slot's owner.
  package func own() { words.pointee.thread.store(callingThread, ordering: .relaxed) }

  /// Notes that the thread computes these items.
  ///
  /// - Parameter now: the start time, in nanoseconds of the monotonic clock.
  package func take(_ items: Range<Int>, at now: Int) {
    words.pointee.since.store(0, ordering: .relaxed)
    words.pointee.lower.store(items.lowerBound, ordering: .releasing)
    words.pointee.upper.store(items.upperBound, ordering: .releasing)
    words.pointee.since.store(now, ordering: .releasing)
  }

  package func empty() { words.pointee.since.store(0, ordering: .relaxed) }

  /// Like `empty()`, but sequentially consistent: a reader that still sees the items read them before anything this thread
  /// does next.
  package func emptyInOrder() { words.pointee.since.store(0, ordering: .sequentiallyConsistent) }

  /// Notes that nobody wants the results of the items which the thread has been computing since this time: programs that they
  /// have started are killed.
  package func noteUnwanted(since: Int) { words.pointee.unwanted.store(since, ordering: .relaxed) }

  /// Whether nobody wants the results of the items that the thread computes.
  package var isUnwanted: Bool {
    let since = words.pointee.since.load(ordering: .relaxed)
    return since != 0 && words.pointee.unwanted.load(ordering: .relaxed) == since
  }

  /// Whether the calling thread is the slot's owner.
  fileprivate var isOwn: Bool { words.pointee.thread.load(ordering: .relaxed) == callingThread }

  /// The items and their start time; nil while the slot is empty. Async-signal-safe.
  package var content: (items: Range<Int>, since: Int)? {
    let since = words.pointee.since.load(ordering: .sequentiallyConsistent)
    guard since != 0 else { return nil }
    let lower = words.pointee.lower.load(ordering: .acquiring)
    let upper = words.pointee.upper.load(ordering: .acquiring)
    // If it has changed meanwhile, the thread has continued with other items.
    guard words.pointee.since.load(ordering: .relaxed) == since, lower < upper else { return nil }
    return (lower..<upper, since)
  }
}

/// The slots of all compute threads of this rank.
package struct InFlightSlots: Sendable {
  /// The maximum number of compute threads per rank.
  package static let capacity = 1024
  /// The size in bytes: the number of slots in use, padded to a slot's size, then the slots.
  package static let size = (1 + capacity) * InFlightSlot.size

  /// Safe because the memory is never freed and its words are atomic.
  nonisolated(unsafe) private let memory: UnsafeMutableRawPointer

  /// - Parameter memory: `size` bytes, never freed.
  package init(_ memory: UnsafeMutableRawPointer) {
    self.memory = memory
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: InFlightSlots.size)
  }

  private var count: UnsafeMutablePointer<Atomic<Int>> { memory.assumingMemoryBound(to: Atomic<Int>.self) }

  /// The number of slots in use.
  package var used: Int { count.pointee.load(ordering: .acquiring) }

  /// Whether any thread is computing items.
  package var isAnyInUse: Bool { (0..<used).contains { self[$0].content != nil } }

  /// The slot of the calling thread, if it is a compute thread that computes items.
  package var own: InFlightSlot? { (0..<used).lazy.map { self[$0] }.first { $0.isOwn && $0.content != nil } }

  /// Returns the slot for a compute thread that is about to start.
  package func use(_ thread: Int) -> InFlightSlot {
    count.pointee.max(min(thread, InFlightSlots.capacity - 1) + 1, ordering: .acquiringAndReleasing)
    return self[thread]
  }

  package subscript(thread: Int) -> InFlightSlot {
    InFlightSlot(memory + (1 + min(thread, InFlightSlots.capacity - 1)) * InFlightSlot.size)
  }
}
