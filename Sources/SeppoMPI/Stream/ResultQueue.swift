import SeppoProcess
import Synchronization

/// Where the results of a call go one by one.
protocol ResultConsumer<Value>: ValueConsumer {
  associatedtype Value: Sendable

  var capacity: Int { get set }
  /// Why no more results are wanted; nil if there is no error.
  var thrown: (any Error)? { get }
  func put(_ entries: [ResultEntry<Value>])
}

/// The result of an item.
typealias ResultEntry<Value> = (index: Int, result: Value)

/// Results on their way from a call, on its own thread, to the code that consumes them.
///
/// `Sendable` because the monitor guards what both threads use; the rest belongs to one of them.
final class ResultQueue<Value: Sendable>: ResultConsumer, @unchecked Sendable {
  private struct State {
    var ready: [ResultEntry<Value>] = []
    /// Whether no further results will come.
    var isComplete = false
    /// Whether the consumer has left.
    var isGone = false
    /// Why it has left; nil if it wants no more results.
    var thrown: (any Error)?
    var waiter: CheckedContinuation<[ResultEntry<Value>], Never>?
  }

  private let monitor = Monitor(State())
  private let consumedCount = Atomic<Int>(0)
  /// Wakes the call's thread.
  let wake = WakeUp()

  // Of the consumer:
  private var batch: [ResultEntry<Value>] = []
  private var taken = 0

  // Of the call's thread:
  /// The number of results that may be computed and not consumed.
  var capacity = 1

  // MARK: The call's thread

  func room(supplied: Int) -> Int { capacity - (supplied - consumedCount.load(ordering: .acquiring)) }

  func put(_ entries: [ResultEntry<Value>]) {
    if entries.isEmpty { return }
    let waiter = monitor.change { state in
      // Nobody would free them.
      if state.isGone { return nil as CheckedContinuation<[ResultEntry<Value>], Never>? }
      guard let waiter = state.waiter else {
        state.ready += entries
        return nil
      }
      state.waiter = nil
      return waiter
    }
    waiter?.resume(returning: entries)
  }

  func complete() {
    let waiter = monitor.change { state in
      defer { state.waiter = nil }
      state.isComplete = true
      return state.waiter
    }
    waiter?.resume(returning: [])
  }

  var isGone: Bool { monitor.change { $0.isGone } }
  var thrown: (any Error)? { monitor.change { $0.thrown } }

  /// Waits until the consumer has room for another result, or has left.
  ///
  /// - Parameter supplied: the number of results so far.
  func waitForRoom(supplied: Int) {
    _ = monitor.wait { [self] in $0.isGone || room(supplied: supplied) > 0 ? true : nil }
  }

  // MARK: The consumer

  /// Waits for the next result; nil after the last one.
  func next() -> ResultEntry<Value>? {
    if taken == batch.count {
      finishBatch()
      batch = monitor.wait { state in ResultQueue.take(&state) }
    }
    return nextOfBatch()
  }

  /// Waits for the next result, without blocking a thread; nil after the last one.
  func nextSuspending() async -> ResultEntry<Value>? {
    if taken == batch.count {
      finishBatch()
      batch = await withCheckedContinuation { continuation in
        let batch = monitor.change { state -> [ResultEntry<Value>]? in
          let batch = ResultQueue.take(&state)
          if batch == nil { state.waiter = continuation }
          return batch
        }
        if let batch { continuation.resume(returning: batch) }
      }
    }
    return nextOfBatch()
  }

  private static func take(_ state: inout State) -> [ResultEntry<Value>]? {
    guard state.ready.isEmpty else {
      defer { state.ready = [] }
      return state.ready
    }
    return state.isComplete || state.isGone ? [] : nil
  }

  private func nextOfBatch() -> ResultEntry<Value>? {
    guard taken < batch.count else { return nil }
    defer {
      taken += 1
      // The last result counts as consumed when the next one is wanted.
      if taken > 1 { consumedCount.add(1, ordering: .releasing) }
    }
    return batch[taken]
  }

  private func finishBatch() {
    if !batch.isEmpty {
      batch = []
      monitor.change { _ in _ = consumedCount.add(1, ordering: .releasing) }
      wake()
    }
    taken = 0
  }

  /// Wants no more results, or can't take them.
  ///
  /// - Parameter error: why; nil if there is no error.
  func leave(_ error: (any Error)? = nil) {
    let waiter = monitor.change { state -> CheckedContinuation<[ResultEntry<Value>], Never>? in
      if state.isGone { return nil }
      defer { state.waiter = nil }
      state.isGone = true
      state.thrown = error
      state.ready = []
      return state.waiter
    }
    waiter?.resume(returning: [])
    wake()
  }
}
