/// A call whose results are consumed by an asynchronous loop.
///
/// `Sendable` because one task at a time uses it, as with every asynchronous iterator.
final class ResultStream<Value: Codable & Sendable>: @unchecked Sendable {
  private let queue = ResultQueue<Value>()
  private let makeCall: (ResultQueue<Value>) throws -> Void
  private var call: CallThread?
  private var isOver = false

  init(_ makeCall: @escaping (ResultQueue<Value>) throws -> Void) { self.makeCall = makeCall }

  func next() async throws -> ResultEntry<Value>? {
    if isOver { return nil }
    let call = try self.call ?? CallThread { [queue, makeCall] in try makeCall(queue) }
    self.call = call
    let entry = await withTaskCancellationHandler {
      Task.isCancelled ? nil : await queue.nextSuspending()
    } onCancel: {
      queue.leave(CancellationError())
    }
    if let entry { return entry }
    isOver = true
    queue.leave()
    try await call.joinSuspending()
    return nil
  }

  /// The loop was left before the end.
  deinit {
    guard !isOver, let call else { return }
    queue.leave()
    try? call.join()
  }
}
