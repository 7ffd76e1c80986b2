import Testing

@testable import SeppoMPI

@Suite("The tasks of a pool")
struct PoolTasksTests {
  private let pool = TaskPool<Int, String>()

  /// Returns tasks that were submitted.
  private func submit(_ inputs: Range<Int>, to tasks: inout PoolTasks<Int, String>) -> [PoolTask<Int, String>] {
    inputs.map { input in
      let task = PoolTask(input, pool)
      _ = tasks.submit(task)
      return task
    }
  }

  private func end() -> SeppoError { .afterEnd(.init("a task", Place(fileID: #fileID, line: #line, column: #column))) }

  @Test("Tasks start in the order of submission, and are returned in the order in which they finish")
  func order() {
    var tasks = PoolTasks<Int, String>()
    _ = submit(100..<105, to: &tasks)
    #expect(tasks.hasWaiting && tasks.unfinished == 5)
    #expect(tasks.start(atMost: 2) == [100, 101])
    #expect(tasks.start(atMost: 0) == [])
    #expect(tasks.start(atMost: .max) == [102, 103, 104])
    #expect(!tasks.hasWaiting && tasks.nextFinished() == nil)
    for item in [3, 0, 4] { _ = tasks.finish(item: item, .success("\(item)")) }
    #expect(tasks.unfinished == 2 && tasks.hasFinished)
    #expect((0..<4).map { _ in tasks.nextFinished()?.input } == [103, 100, 104, nil])
    #expect(!tasks.hasFinished)
  }

  @Test("A taken result is not returned")
  func taken() {
    var tasks = PoolTasks<Int, String>()
    let all = submit(0..<3, to: &tasks)
    _ = tasks.start(atMost: 3)
    for item in 0..<3 { _ = tasks.finish(item: item, .success("")) }
    tasks.take(all[1])
    #expect((0..<3).map { _ in tasks.nextFinished()?.input } == [0, 2, nil])
  }

  @Test("Cancelled tasks are neither started nor returned, and later ones have their own items")
  func cancel() {
    var tasks = PoolTasks<Int, String>()
    let all = submit(0..<4, to: &tasks)
    _ = tasks.start(atMost: 2)
    _ = tasks.finish(item: 0, .success("finished"))
    _ = tasks.cancel()
    #expect(tasks.unfinished == 0 && !tasks.hasFinished && !tasks.hasWaiting)
    guard case .finished = all[0].outcome, case .cancelled = all[1].outcome, case .cancelled = all[3].outcome else {
      Issue.record("\(all.map(\.outcome))")
      return
    }
    _ = submit(9..<10, to: &tasks)
    #expect(tasks.start(atMost: 5) == [9])
    // The late result of a cancelled task is dropped.
    _ = tasks.finish(item: 1, .success("late"))
    #expect(tasks.nextFinished() == nil && tasks.unfinished == 1)
    _ = tasks.finish(item: 2, .success("nine"))
    #expect(tasks.nextFinished()?.input == 9)
  }

  @Test("At the end, unfinished and later tasks fail")
  func ended() {
    var tasks = PoolTasks<Int, String>()
    let all = submit(0..<3, to: &tasks)
    _ = tasks.start(atMost: 2)
    _ = tasks.finish(item: 1, .success("one"))
    _ = tasks.end(end())
    let late = submit(7..<8, to: &tasks)
    #expect(tasks.unfinished == 0 && tasks.start(atMost: 9) == [])
    for task in [all[0], all[2], late[0]] {
      guard case .finished(.failure(.afterEnd)) = task.outcome else {
        Issue.record("\(task.input): \(task.outcome)")
        continue
      }
    }
    guard case .finished(.success("one")) = all[1].outcome else { return #expect(Bool(false), "\(all[1].outcome)") }
  }

  @Test("100,000 tasks wait, start and finish in constant time each")
  func many() {
    var tasks = PoolTasks<Int, String>()
    _ = submit(0..<100_000, to: &tasks)
    var started = 0
    while tasks.hasWaiting { started += tasks.start(atMost: 3).count }
    #expect(started == 100_000)
    for item in (0..<100_000).reversed() { _ = tasks.finish(item: item, .success("")) }
    var last = 100_000
    while let task = tasks.nextFinished() {
      guard task.input == last - 1 else { return #expect(Bool(false), "\(task.input) after \(last)") }
      last = task.input
    }
    #expect(last == 0)
  }
}
