import SeppoProcess

/// Makes a call on a thread of its own, so that messages move while the calling thread runs the program's code.
///
/// `Sendable` because the body is handed over to the thread: the caller only waits for its outcome.
final class CallThread: @unchecked Sendable {
  private struct State {
    var outcome: Result<Void, any Error>?
    var waiter: CheckedContinuation<Void, any Error>?
  }

  private var body: (() throws -> Void)?
  private let monitor = Monitor(State())

  /// Starts the call in the caller's context.
  ///
  /// - Parameters:
  ///   - isOnMainActor: whether the items may come from code of the main actor.
  ///   - body: makes the call. No reference to it is left when `join` returns.
  /// - Throws: `SeppoError.noThread` if the system can't create the thread.
  init(
    isOnMainActor: Bool = MainActorStandIn.isOnMainActor, _ body: @escaping () throws -> Void
  ) throws(SeppoError) {
    self.body = body
    do throws(ThreadCreationError) {
      try ComputeThread.startInContext(isOnMainActor: isOnMainActor) { self.run() }
    } catch {
      self.body = nil
      throw SeppoError(error, rank: Job.current.rank, host: Job.current.host)
    }
  }

  private func run() {
    let result = Result { try makeCall() }
    let waiter = monitor.change { state in
      state.outcome = result
      return state.waiter
    }
    waiter?.resume(with: result)
  }

  /// All references to the body live in this frame: what it captures is only lent.
  @inline(never)
  private func makeCall() throws {
    guard let body else { return }
    self.body = nil
    try body()
  }

  /// Waits until the call has ended.
  ///
  /// - Throws: the error of the call.
  func join() throws { try monitor.wait { $0.outcome }.get() }

  /// Waits until the call has ended, without blocking a thread.
  ///
  /// - Throws: the error of the call.
  func joinSuspending() async throws {
    try await withCheckedThrowingContinuation { continuation in
      let outcome = monitor.change { state in
        if state.outcome == nil { state.waiter = continuation }
        return state.outcome
      }
      if let outcome { continuation.resume(with: outcome) }
    }
  }
}
