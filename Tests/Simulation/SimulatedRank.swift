import SeppoEngine

/// A simulated rank: a participant, its compute threads, and the calling thread, which receives and sends messages.
final class SimulatedRank {
  final class Task: ChunkHolder {
    let cursor: ChunkCursor
    let arrivalTime: Int
    var run: ChunkRun
    var nanoseconds = 0

    init(_ chunk: Range<Int>, unit: Int, _ rules: ChunkRun.Options, at now: Int) {
      cursor = ChunkCursor(chunk, unit: unit)
      arrivalTime = now
      run = ChunkRun(cursor, rules, at: now)
    }
  }

  /// What a thread will have done at the end of its attempt.
  private struct Attempt {
    let first: Int
    var computed = 0
    var threw = false
    /// Whether the last computed item decides the map.
    var decides = false
    var time = 0
  }

  /// The error of a failed item. It is never inspected.
  struct SimulatedFailure: Error {}

  let index: Int
  private let environment: Environment
  private let schedule: Schedule
  private let rules: ChunkRun.Options
  private(set) var participant: Participant<Task>
  private(set) var finished: [Task] = []
  /// By thread.
  private var tasks: [Task?]
  private var slots: [(items: Range<Int>, since: Int)?]
  private var attempts: [Attempt?]
  /// The number of attempts that each thread has started.
  private var startedAttempts: [Int]
  /// No item at or above this index is started any more.
  private var bound = Int.max
  private var willPoll = false
  var isPresent = false
  var hasDied = false
  /// Rank 0's messages to itself, received at its next poll.
  var outbox: [SimulatedMessage] = []

  init(_ index: Int, _ environment: Environment) {
    self.index = index
    self.environment = environment
    schedule = environment.schedule
    rules = ChunkRun.Options(
      stopsAtFailure: !schedule.continuesAfterFailure, timeout: schedule.timeout, longestBatch: schedule.longestBatch)
    let threads = schedule.ranks[index].threads
    participant = Participant(threads: threads)
    tasks = Array(repeating: nil, count: threads)
    slots = Array(repeating: nil, count: threads)
    attempts = Array(repeating: nil, count: threads)
    startedAttempts = Array(repeating: 0, count: threads)
  }

  /// The number of unstarted items.
  var unstartedCount: Int {
    var unstartedCount = 0
    for (task, _) in participant.running { unstartedCount += task.cursor.remaining }
    for task in participant.waiting { unstartedCount += task.cursor.remaining }
    return unstartedCount
  }

  func submit(_ chunk: Range<Int>) {
    participant.submit(Task(chunk, unit: schedule.unitOnRanks, rules, at: environment.now))
    startWaitingTasks()
    checkOverdue()
  }

  func lower(to bound: Int) { self.bound = min(self.bound, bound) }

  /// Gives up half of the unstarted items, in whole units.
  func recall() throws -> [Range<Int>] {
    let half = (unstartedCount + 1) / 2
    let ranges = participant.recall { _ in }
    let returned = ranges.reduce(0) { $0 + $1.count }
    guard returned >= half, returned < half + schedule.unitOnRanks else {
      throw Violation("rank \(index) returns \(ranges), but half of its unstarted items is \(half)")
    }
    return ranges
  }

  /// Assigns waiting tasks to idle threads.
  private func startWaitingTasks() {
    for thread in tasks.indices where tasks[thread] == nil {
      guard let task = participant.next(on: thread) else { return }
      tasks[thread] = task
      resume(thread)
    }
  }

  /// Continues with the rest of the thread's batch or starts the next one; ends the task if there is none.
  private func resume(_ thread: Int) {
    guard let task = tasks[thread] else { return }
    if let rest = task.run.rest { return attempt(rest, on: thread) }
    guard let batch = task.run.next(at: environment.now) else { return end(thread) }
    environment.note("rank \(index) starts \(batch) on thread \(thread)")
    slots[thread] = (batch, task.run.startTime)
    attempt(batch, on: thread)
    if let timeout = schedule.timeout {
      environment.after(
        timeout + 1 + environment.pollDelay(), .timeIsUp, rank: index, place: thread, token: startedAttempts[thread])
    }
  }

  private func attempt(_ items: Range<Int>, on thread: Int) {
    var (attempt, hangs) = (Attempt(first: items.lowerBound), false)
    for item in items where !hangs && !attempt.threw && !attempt.decides {
      if item >= bound { break }
      let (behavior, ordinal) = (schedule.behavior(item), environment.tries[item])
      environment.tries[item] += 1
      attempt.time += schedule.time(item, on: index)
      if behavior != .fine {
        if behavior.isOverdue(try: ordinal) { attempt.time += (item % 2 == 0 ? 3 : 1) * (schedule.timeout ?? 0) }
        if behavior.endsRank(index, try: ordinal) { dieAfter(attempt.time) }
        hangs = behavior.hangs(on: index) || behavior.endsRank(index, try: ordinal)
        attempt.threw = behavior.throwsError(on: index, try: ordinal)
      }
      if !hangs && !attempt.threw {
        attempt.computed += 1
        attempt.decides = behavior == .decides
      }
    }
    attempts[thread] = attempt
    startedAttempts[thread] += 1
    if !hangs { environment.after(attempt.time, .computed, rank: index, place: thread, token: startedAttempts[thread]) }
  }

  private func dieAfter(_ time: Int) {
    environment.after(time, .dies, rank: index)
    environment.after(time + schedule.ranks[index].noticedAfter, .deathNoticed, rank: index)
  }

  /// Ends a thread's attempt.
  func computed(_ thread: Int, token: Int) {
    guard startedAttempts[thread] == token, let task = tasks[thread], var attempt = attempts[thread] else { return }
    let end = attempt.first + attempt.computed + (attempt.threw ? 1 : 0)
    if end > bound, end > attempt.first {
      // The thread checks the bound before each item, and may have passed it when it was lowered.
      let reached = environment.random.one(in: min(max(bound, attempt.first + 1), end)...end)
      if reached < end {
        attempt.computed = reached - attempt.first
        attempt.threw = false
        attempt.decides = false
      }
    }
    task.nanoseconds += attempt.time
    let result = task.run.recordAttempt(computed: attempt.computed, threw: attempt.threw, at: environment.now)
    if result == .computed, attempt.decides {
      task.run.stop()
      lower(to: attempt.first + attempt.computed)
    }
    if result == .threw {
      // After a request to stop, an item may throw because of that request.
      if schedule.isStopped(at: environment.now), environment.random.percent(50) {
        task.run.stop()
      } else {
        task.run.fail()
      }
    }
    if let failed = task.run.failed.first, schedule.failsFast, schedule.retries == 0 { lower(to: failed) }
    resume(thread)
  }

  private func end(_ thread: Int) {
    guard let task = tasks[thread] else { return }
    (tasks[thread], slots[thread], attempts[thread]) = (nil, nil, nil)
    participant.ended(task)
    if index > 0 { encode(task) }
    if !task.cursor.kept.isEmpty { finished.append(task) }
    startWaitingTasks()
    guard !willPoll else { return }
    willPoll = true
    environment.after(environment.pollDelay(), index == 0 ? .rootPolls : .rankPolls, rank: index)
  }

  /// Finds the results that can't be sent.
  private func encode(_ task: Task) {
    if schedule.behaviors.isEmpty { return }
    let run = task.run
    let refused = task.cursor.chunk.prefix(run.completed).filter {
      schedule.behaviors[$0] == .resultCannotBeSent && !run.failed.contains($0)
    }
    guard let first = refused.first else { return }
    if schedule.continuesAfterFailure { return task.run.add(failed: refused) }
    task.run.end(before: first)
    task.run.fail()
  }

  /// Handles the time limit of the item that a thread is computing.
  func timeIsUp(_ thread: Int, token: Int) { if startedAttempts[thread] == token { checkOverdue() } }

  private func checkOverdue() {
    guard let timeout = schedule.timeout else { return }
    let slots = self.slots
    let overdue = participant.overdue(
      at: environment.now, after: timeout, inFlight: { _, thread in slots[thread] }, drop: { _ in })
    if overdue.isEmpty { return }
    send(
      .overdue(
        OverdueReport(
          items: overdue.items.map { ItemFailure(index: $0.index, error: SimulatedFailure()) },
          elapsed: overdue.items.map { environment.now - $0.since }, returned: overdue.returned)))
  }

  /// Sends a message to rank 0. Rank 0 itself uses its outbox.
  private func send(_ message: SimulatedMessage) {
    if index > 0 { return environment.send(message, rank: index) }
    outbox.append(message)
    environment.after(0, .rootPolls, rank: 0)
  }

  /// Returns the reports of the finished chunks.
  func takeReports() -> [ChunkReport] {
    willPoll = false
    defer { finished.removeAll(keepingCapacity: true) }
    return finished.map { task in
      ChunkReport(
        chunk: task.cursor.kept, completed: task.run.completed,
        failures: task.run.failed.map { ItemFailure(index: $0, error: SimulatedFailure()) },
        nanoseconds: task.nanoseconds,
        resident: environment.now - task.arrivalTime)
    }
  }
}
