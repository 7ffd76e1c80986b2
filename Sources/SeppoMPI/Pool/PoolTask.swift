import SeppoProcess

/// A task that was submitted to a ``TaskPool``.
///
/// `Sendable` because the pool's monitor guards its state.
public final class PoolTask<Input: Codable & Sendable, Output: Codable & Sendable>: @unchecked Sendable {
  enum Outcome {
    case unfinished
    case finished(Result<Output, SeppoError>)
    case cancelled
  }

  /// The input.
  public let input: Input
  private let pool: TaskPool<Input, Output>
  var number = 0
  var outcome = Outcome.unfinished
  var waiters: [CheckedContinuation<Void, Never>] = []

  init(_ input: Input, _ pool: TaskPool<Input, Output>) {
    self.input = input
    self.pool = pool
  }

  /// Waits for the task's result, and returns it. ``TaskPool/next()-33noh`` then doesn't return this task.
  ///
  /// - Throws: `SeppoError`: `itemThrew` if the function threw, `afterEnd` if the pool's body has ended; `CancellationError`
  ///   if the task was cancelled.
  public func value() throws -> Output { try value(of: pool.wait(for: self)) }

  /// Waits for the task's result, without blocking a thread, and returns it.
  ///
  /// - Throws: As the function that blocks.
  public func value() async throws -> Output { try value(of: await pool.waitSuspending(for: self)) }

  private func value(of outcome: Outcome) throws -> Output {
    guard case .finished(let result) = outcome else { throw CancellationError() }
    return try result.get()
  }
}
