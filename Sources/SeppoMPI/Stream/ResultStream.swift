/// A call whose results are consumed by an asynchronous loop.
///
/// `Sendable` because one task at a time uses it, as with every asynchronous iterator.
final class ResultStream<Value: Codable & Sendable>: @unchecked Sendable {
  private let queue = ResultQueue<Value>()
  private let makeCall: (ResultQueue<Value>) throws -> Void
  private let isOnMainActor: Bool
  private var call: CallThread?
  private var loop: ResultLoops.Loop?
  private var isOver = false
  /// Results that were taken from the queue, and the place of the next one.
  private var batches: [ResultBatch<Value>] = []
  private var (batch, run, place) = (0, 0, 0)
  private var index = 0

  /// - Parameter isOnMainActor: whether the items may come from code of the main actor.
  init(isOnMainActor: Bool, _ makeCall: @escaping (ResultQueue<Value>) throws -> Void) {
    self.isOnMainActor = isOnMainActor
    self.makeCall = makeCall
  }

  func next() async throws -> (index: Int, result: Value)? {
    if isOver { return nil }
    if call == nil {
      call = try begin()
      await queue.start.waitSuspending()
    }
    if batch == batches.count {
      (batch, run, place) = (0, 0, 0)
      batches = await withTaskCancellationHandler {
        await queue.nextSuspending()
      } onCancel: {
        queue.leave(CancellationError())
      }
    }
    if !Task.isCancelled, let entry = nextOfBatch() { return entry }
    isOver = true
    queue.leave(Task.isCancelled ? CancellationError() : nil)
    defer { loop = nil }
    try await call?.joinSuspending()
    return nil
  }

  /// Starts the call's thread.
  private func begin() throws -> CallThread {
    let context = CallContext.current
    let thread = try CallThread(isOnMainActor: isOnMainActor) { [queue, makeCall] in
      // Also if an error is thrown before the call begins.
      defer { queue.complete() }
      try ResultLoops.runCall { try CallContext.enter(context) { try makeCall(queue) } }
    }
    // Without a launcher there is only one rank, and calls of several tasks are independent of each other.
    if context == .everyRank, Job.current.isRoot, !Job.current.process.isLone { loop = ResultLoops.Loop() }
    return thread
  }

  private func nextOfBatch() -> (index: Int, result: Value)? {
    guard batch < batches.count else { return nil }
    let current = batches[batch]
    if index < current.runs[run].lowerBound || index >= current.runs[run].upperBound {
      index = current.runs[run].lowerBound
    }
    let entry = (index, current.values[place])
    index += 1
    place += 1
    if index == current.runs[run].upperBound { run += 1 }
    if run == current.runs.count { (batch, run, place) = (batch + 1, 0, 0) }
    queue.noteConsumed(1)
    return entry
  }

  /// The loop was left before the end.
  deinit {
    guard !isOver, let call else { return }
    queue.leave()
    try? call.join()
  }
}
