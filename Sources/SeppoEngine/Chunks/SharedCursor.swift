import Synchronization

/// The items of one call, in memory that workers share: each worker takes items by itself, without a message.
///
/// Each worker takes an equal share of the items. One that has finished its share takes what is left of a worker that has
/// not come, or steals half of the unstarted items of the one that has most of them: R. D. Blumofe, C. E. Leiserson,
/// "Scheduling Multithreaded Computations by Work Stealing", Journal of the ACM 46 (5), 1999.
///
/// `@unchecked Sendable` because all words are atomic.
package struct SharedCursor: @unchecked Sendable {
  private static let line = 64
  private static let shared = 4

  /// The size in bytes: each word has a cache line, and so has each worker's tally.
  package static func size(workers: Int) -> Int { (shared + 2 * workers) * line }

  private let memory: UnsafeMutableRawPointer

  /// - Parameter memory: `size` bytes, aligned to 64, zeros at first.
  package init(_ memory: UnsafeMutableRawPointer) { self.memory = memory }

  private func word<Value: AtomicRepresentable>(_ number: Int) -> UnsafeMutablePointer<Atomic<Value>> {
    (memory + number * SharedCursor.line).assumingMemoryBound(to: Atomic<Value>.self)
  }

  /// The items that no worker has taken.
  private var untaken: AtomicRange { AtomicRange(word(0)) }
  private var done: UnsafeMutablePointer<Atomic<Int>> { word(1) }
  /// No item at or above this index is started any more.
  private var limit: UnsafeMutablePointer<Atomic<Int>> { word(3) }
  private var work: UnsafeMutablePointer<Atomic<Int>> { word(2) }
  /// A worker's items that are not started.
  package func unstarted(of worker: Int) -> AtomicRange { AtomicRange(word(SharedCursor.shared + 2 * worker)) }

  /// What a worker has finished: the number of items, and the computing time. A cache line that only the worker writes, and that
  /// others read at the end: they look at its unstarted items all the time.
  private func tally(of worker: Int) -> UnsafeMutablePointer<Atomic<Int>> { word(SharedCursor.shared + 2 * worker + 1) }

  /// The number of items that a worker has finished, and their computing time in nanoseconds.
  package func finished(by worker: Int) -> (items: Int, nanoseconds: Int) {
    (tally(of: worker)[0].load(ordering: .relaxed), tally(of: worker)[1].load(ordering: .relaxed))
  }

  /// Starts a call, without items. Nobody else may use the cursor before the call is published.
  package func reset() {
    untaken.store(0..<0)
    done.pointee.store(0, ordering: .relaxed)
    work.pointee.store(0, ordering: .relaxed)
    limit.pointee.store(.max, ordering: .relaxed)
  }

  /// Notes that a worker takes part. To be called by the worker, before it takes items.
  package func join(_ worker: Int) {
    tally(of: worker)[0].store(0, ordering: .relaxed)
    tally(of: worker)[1].store(0, ordering: .relaxed)
  }

  /// Adds the items of the call, once.
  package func open(count: Int) {
    precondition(count <= AtomicRange.maximumCount, "\(count) items")
    untaken.store(0..<count)
  }

  /// Takes a share that nobody has taken, or a part of another worker's. They are the worker's unstarted items then; others
  /// may steal from them.
  ///
  /// - Parameters:
  ///   - share: the number of items of a share, 1 or more.
  ///   - workers: the number of workers.
  /// - Returns: the items; nil if none is left.
  package func take(share: Int, for worker: Int, of workers: Int) -> Range<Int>? {
    guard let taken = untaken.start({ _ in share }) ?? steal(for: worker, of: workers) else { return nil }
    unstarted(of: worker).store(taken)
    return taken
  }

  private func steal(for worker: Int, of workers: Int) -> Range<Int>? {
    while true {
      var (victim, most) = (worker, 0)
      for other in 0..<workers where other != worker {
        let count = unstarted(of: other).current.count
        if count > most { (victim, most) = (other, count) }
      }
      if most == 0 { return nil }
      let stolen = unstarted(of: victim).cut { $0.lowerBound + $0.count / 2 }
      if !stolen.isEmpty { return stolen }
    }
  }

  /// Starts no more items at or above this index. Those that workers have taken are theirs to give up.
  package func lower(to index: Int) {
    limit.pointee.min(index, ordering: .relaxed)
    _ = untaken.cut { _ in index }
  }

  /// No item at or above this index is started any more.
  package var bound: Int { limit.pointee.load(ordering: .relaxed) }

  /// Records that the values of items are in shared memory.
  ///
  /// - Parameter nanoseconds: the computing time.
  package func finish(_ count: Int, by worker: Int, nanoseconds: Int) {
    let before = finished(by: worker)
    tally(of: worker)[0].store(before.items + count, ordering: .relaxed)
    tally(of: worker)[1].store(before.nanoseconds + nanoseconds, ordering: .relaxed)
    work.pointee.add(nanoseconds, ordering: .relaxed)
    done.pointee.add(count, ordering: .releasing)
  }

  /// The number of items that `finish` has recorded.
  package var finished: Int { done.pointee.load(ordering: .acquiring) }

  /// The computing time of these items, in nanoseconds.
  package var nanoseconds: Int { work.pointee.load(ordering: .relaxed) }

  /// The number of items that were taken, if no more will be; otherwise nil.
  package var taken: Int? {
    let untaken = untaken.current
    return untaken.isEmpty ? untaken.lowerBound : nil
  }
}
