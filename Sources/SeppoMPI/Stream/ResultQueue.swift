import SeppoProcess
import Synchronization

/// Where the results of a call go as they come.
protocol ResultConsumer<Value>: ValueConsumer {
  associatedtype Value: Sendable

  var capacity: Int { get set }
  /// Why no more results are wanted; nil if there is no error.
  var thrown: (any Error)? { get }
  func put(_ batch: ResultBatch<Value>)
}

/// Results on their way from a call, on its own thread, to the code that consumes them.
///
/// `Sendable` because the monitor guards what both threads use, and only the call's thread uses the capacity and the count.
final class ResultQueue<Value: Sendable>: ResultConsumer, @unchecked Sendable {
  private struct State {
    var ready: [ResultBatch<Value>] = []
    /// Whether no further results will come.
    var isComplete = false
    /// Whether the consumer has left.
    var isGone = false
    /// Why it has left; nil if it wants no more results.
    var thrown: (any Error)?
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let monitor = Monitor(State())
  private let consumedCount = Atomic<Int>(0)
  /// Wakes the call's thread.
  let wake = WakeUp()
  let start = CallStart()
  /// The number of results that may be computed and not consumed.
  var capacity = 1
  /// The number of results so far.
  private var putCount = 0

  private func change(_ body: (inout State) -> Void) {
    let waiter = monitor.change { state in
      body(&state)
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  // MARK: The call's thread

  func room(supplied: Int) -> Int { capacity - (supplied - consumedCount.load(ordering: .acquiring)) }

  func put(_ batch: ResultBatch<Value>) {
    if batch.values.isEmpty { return }
    putCount += batch.values.count
    var batch = batch
    batch.step = max(1, capacity / 16)
    // Nobody would free the results if the consumer had left.
    change { state in if !state.isGone { state.ready.append(batch) } }
  }

  var isFull: Bool { putCount - consumedCount.load(ordering: .acquiring) >= capacity && !isGone }

  func begin() { start.announce() }

  func complete() {
    start.announce()
    change { $0.isComplete = true }
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

  /// Waits for results; empty after the last ones.
  func next() -> [ResultBatch<Value>] { monitor.wait { ResultQueue.take(&$0) } }

  /// Waits for results, without blocking a thread; empty after the last ones.
  func nextSuspending() async -> [ResultBatch<Value>] {
    while true {
      if let batches = monitor.change({ ResultQueue.take(&$0) }) { return batches }
      await withCheckedContinuation { continuation in
        let waits = monitor.change { state in
          if !state.ready.isEmpty || state.isComplete || state.isGone { return false }
          state.waiter = continuation
          return true
        }
        if !waits { continuation.resume() }
      }
    }
  }

  private static func take(_ state: inout State) -> [ResultBatch<Value>]? {
    guard state.ready.isEmpty else {
      defer { state.ready = [] }
      return state.ready
    }
    return state.isComplete || state.isGone ? [] : nil
  }

  /// Notes that results have been consumed, so that others may be computed.
  func noteConsumed(_ count: Int) {
    if count == 0 { return }
    monitor.change { _ in _ = consumedCount.add(count, ordering: .releasing) }
    wake()
  }

  /// Wants no more results, or can't take them.
  ///
  /// - Parameter error: why; nil if there is no error.
  func leave(_ error: (any Error)? = nil) {
    change { state in
      if state.isGone { return }
      state.isGone = true
      state.thrown = error
      state.ready = []
    }
    wake()
  }
}
