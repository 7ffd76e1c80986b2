import SeppoEngine

/// The tasks of a pool: which of them wait, are being computed, or are finished. A pure state machine: a lock guards it, and
/// the caller resumes the continuations that it returns.
struct PoolTasks<Input: Codable & Sendable, Output: Codable & Sendable> {
  typealias Task = PoolTask<Input, Output>
  typealias Waiters = [CheckedContinuation<Void, Never>]

  /// Tasks that no rank has got.
  private var waiting = Queue<Task>()
  /// Tasks that are being computed, by their item in the call.
  private var started: [Int: Task] = [:]
  /// The number of items of the call so far.
  private var items = 0
  /// Finished tasks whose result was not taken, by number, and the numbers in the order in which they finished.
  private var finished: [Int: Task] = [:]
  private var order = Queue<Int>()
  private var submitted = 0
  /// The number of tasks that are neither finished nor cancelled.
  private(set) var unfinished = 0
  /// The error of tasks that are submitted from now on; nil while the pool computes.
  private(set) var ending: SeppoError?
  /// Continuations that wait until any task is finished.
  private var waiters: Waiters = []

  mutating func submit(_ task: Task) -> Waiters {
    task.number = submitted
    submitted += 1
    unfinished += 1
    guard let ending else {
      waiting.append(task)
      return []
    }
    return finish(task, .failure(ending))
  }

  /// Starts tasks, at most this many. They become the next items of the call.
  mutating func start(atMost count: Int) -> [Input] {
    var inputs: [Input] = []
    while inputs.count < count, let task = waiting.popFirst() {
      started[items] = task
      items += 1
      inputs.append(task.input)
    }
    return inputs
  }

  var hasWaiting: Bool { !waiting.isEmpty }

  /// Records the result of an item of the call. Cancelled tasks have no result.
  mutating func finish(item: Int, _ result: Result<Output, SeppoError>) -> Waiters {
    guard let task = started.removeValue(forKey: item) else { return [] }
    return finish(task, result)
  }

  private mutating func finish(_ task: Task, _ result: Result<Output, SeppoError>) -> Waiters {
    unfinished -= 1
    task.outcome = .finished(result)
    finished[task.number] = task
    order.append(task.number)
    defer {
      waiters = []
      task.waiters = []
    }
    return waiters + task.waiters
  }

  /// Drops all tasks that are not finished, and the results that were not taken.
  mutating func cancel() -> Waiters {
    var resumed = waiters
    waiters = []
    for task in takeUnfinished() {
      task.outcome = .cancelled
      resumed += task.waiters
      task.waiters = []
    }
    unfinished = 0
    finished = [:]
    order = Queue()
    return resumed
  }

  /// Removes and returns the tasks that wait or are being computed.
  private mutating func takeUnfinished() -> [Task] {
    var tasks = Array(started.values)
    started = [:]
    while let task = waiting.popFirst() { tasks.append(task) }
    return tasks
  }

  /// Ends the pool: unfinished tasks fail with this error, and so do those that are submitted later.
  mutating func end(_ error: SeppoError) -> Waiters {
    if ending != nil { return [] }
    ending = error
    var resumed: Waiters = []
    for task in takeUnfinished() { resumed += finish(task, .failure(error)) }
    return resumed
  }

  /// Takes the result of a task, so that `nextFinished` doesn't return it.
  mutating func take(_ task: Task) { finished[task.number] = nil }

  /// Takes the next finished task; nil if there is none at present.
  mutating func nextFinished() -> Task? {
    while let number = order.popFirst() {
      if let task = finished.removeValue(forKey: number) { return task }
    }
    return nil
  }

  /// Whether a finished task's result was not taken.
  var hasFinished: Bool { !finished.isEmpty }

  mutating func awaitAny(_ continuation: CheckedContinuation<Void, Never>) { waiters.append(continuation) }
}
