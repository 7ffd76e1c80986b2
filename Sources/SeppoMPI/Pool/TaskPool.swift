import SeppoProcess

/// Tasks that all ranks compute while the body of ``Seppo/withPool(_:_:fileID:line:column:_:)`` runs on rank 0.
///
/// All methods may be called from any thread of rank 0, until the body ends.
public final class TaskPool<Input: Codable & Sendable, Output: Codable & Sendable>: Sendable {
  /// A task and its result.
  public typealias Completion = (input: Input, result: Result<Output, SeppoError>)

  private let tasks = Monitor(PoolTasks<Input, Output>())
  /// Wakes the thread that makes the call.
  let wake = WakeUp()
  let start = CallStart()

  /// The error of the body.
  private let ending = Monitor<(any Error)?>(nil)

  init() {}

  private func change<Value>(
    _ body: (inout PoolTasks<Input, Output>) -> (Value, PoolTasks<Input, Output>.Waiters)
  ) -> Value {
    let (value, waiters) = tasks.change(body)
    for waiter in waiters { waiter.resume() }
    return value
  }

  private func change(_ body: (inout PoolTasks<Input, Output>) -> PoolTasks<Input, Output>.Waiters) {
    change { ((), body(&$0)) }
  }

  /// Adds a task: the function will be called with this input, on any rank. Returns at once.
  ///
  /// - Returns: The task, for its result. It is also returned by ``next()-33noh`` when it is finished.
  @discardableResult
  public func submit(_ input: Input) -> PoolTask<Input, Output> {
    let task = PoolTask(input, self)
    change { $0.submit(task) }
    wake()
    return task
  }

  /// Waits for the next task that finishes, and returns its input and result; nil if all tasks are finished and their results
  /// taken.
  public func next() -> Completion? {
    let task = tasks.wait { tasks -> PoolTask<Input, Output>?? in
      if let task = tasks.nextFinished() { return task }
      return tasks.unfinished == 0 ? .some(nil) : nil
    }
    return task.flatMap(completion)
  }

  /// Waits for the next task that finishes, without blocking a thread.
  public func next() async -> Completion? {
    while true {
      let (task, isIdle) = tasks.change { tasks in (tasks.nextFinished(), tasks.unfinished == 0) }
      if task != nil || isIdle { return task.flatMap(completion) }
      await withCheckedContinuation { continuation in
        change { tasks in
          // A task may have finished since the last look.
          if tasks.hasFinished || tasks.unfinished == 0 { return [continuation] }
          tasks.awaitAny(continuation)
          return []
        }
      }
    }
  }

  private func completion(_ task: PoolTask<Input, Output>) -> Completion? {
    guard case .finished(let result) = task.outcome else { return nil }
    return (task.input, result)
  }

  /// The tasks as they finish, until all are finished.
  ///
  /// ```swift
  /// for await (input, result) in pool.completions { print(input, result) }
  /// ```
  ///
  /// The loop doesn't end when the calling task is cancelled: to end it, call ``cancel()``, or leave it.
  public var completions: Completions { Completions(pool: self) }

  /// The tasks of a pool as they finish; see ``TaskPool/completions``.
  public struct Completions: AsyncSequence, AsyncIteratorProtocol, Sendable {
    fileprivate let pool: TaskPool

    /// Returns the sequence itself: several loops over it share the tasks.
    public func makeAsyncIterator() -> Completions { self }

    /// Waits for the next task that finishes; nil if all tasks are finished and their results taken.
    public func next() async -> Completion? { await pool.next() }

    /// Waits for the next task that finishes; nil if all tasks are finished and their results taken.
    public func next(isolation actor: isolated (any Actor)?) async -> Completion? { await pool.next() }
  }

  /// Drops all tasks and results. Tasks that ranks have started are computed, and their results ignored.
  public func cancel() { change { $0.cancel() } }

  /// Returns the results of the inputs, in order.
  ///
  /// - Throws: The error of the first input that fails.
  public func map(_ inputs: some Sequence<Input>) throws -> [Output] {
    try inputs.map { submit($0) }.map { try $0.value() }
  }

  func wait(for task: PoolTask<Input, Output>) -> PoolTask<Input, Output>.Outcome {
    tasks.wait { tasks in
      if case .unfinished = task.outcome { return nil }
      tasks.take(task)
      return task.outcome
    }
  }

  func waitSuspending(for task: PoolTask<Input, Output>) async -> PoolTask<Input, Output>.Outcome {
    while true {
      let outcome = tasks.change { tasks in
        tasks.take(task)
        return task.outcome
      }
      guard case .unfinished = outcome else { return outcome }
      await withCheckedContinuation { continuation in
        change { _ in
          guard case .unfinished = task.outcome else { return [continuation] }
          task.waiters.append(continuation)
          return []
        }
      }
    }
  }
}

// The call's thread.
extension TaskPool {
  func start(atMost count: Int) -> [Input] { tasks.change { $0.start(atMost: count) } }

  func finish(_ results: [(item: Int, result: Result<Output, SeppoError>)]) {
    change { tasks in results.flatMap { tasks.finish(item: $0.item, $0.result) } }
  }

  /// Ends the pool after its body.
  func end<Value>(_ error: SeppoError, after result: Result<Value, any Error>) {
    if case .failure(let thrown) = result { ending.change { $0 = thrown } }
    end(error)
  }

  /// Ends the pool.
  ///
  /// - Parameter error: the error of tasks that are not finished, and of those that are submitted later.
  func end(_ error: SeppoError) {
    change { $0.end(error) }
    start.announce()
    wake()
  }

  var isEnded: Bool { tasks.change { $0.ending != nil } }
  /// The error of the body, when the pool has ended.
  var thrown: (any Error)? { ending.change { $0 } }
}
