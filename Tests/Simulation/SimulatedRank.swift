import SeppoEngine

/// A rank: a participant, compute threads that take their time, and the thread in the call, which takes letters and sends
/// them.
final class SimulatedRank {
  final class Task: ChunkHolder {
    let cursor: ChunkCursor
    let came: Int
    var run: ChunkRun
    var nanoseconds = 0

    init(_ chunk: Range<Int>, unit: Int, _ rules: ChunkRun.Rules, at now: Int) {
      cursor = ChunkCursor(chunk, unit: unit)
      came = now
      run = ChunkRun(cursor, rules, at: now)
    }
  }

  /// What a thread will have done when its time is over.
  private struct Attempt {
    let first: Int
    var computed = 0
    var threw = false
    var time = 0
  }

  /// Why an item fails. Nobody looks at it.
  struct Failure: Error {}

  let index: Int
  private let world: World
  private let schedule: Schedule
  private let rules: ChunkRun.Rules
  private(set) var participant: Participant<Task>
  private(set) var finished: [Task] = []
  /// By thread.
  private var tasks: [Task?]
  private var slots: [(items: Range<Int>, since: Int)?]
  private var attempts: [Attempt?]
  /// Attempts that each thread has begun.
  private var begun: [Int]
  /// Nothing at or above this is begun any more.
  private var bound = Int.max
  private var willLook = false
  var isThere = false
  var hasVanished = false
  /// What rank 0 says to itself, to be taken when it looks.
  var said: [Letter] = []

  init(_ index: Int, _ world: World) {
    self.index = index
    self.world = world
    schedule = world.schedule
    rules = ChunkRun.Rules(
      stopsAtFailure: !schedule.goesOn, timeout: schedule.timeout, longestBatch: schedule.longestBatch)
    let threads = schedule.ranks[index].threads
    participant = Participant(threads: threads)
    tasks = Array(repeating: nil, count: threads)
    slots = Array(repeating: nil, count: threads)
    attempts = Array(repeating: nil, count: threads)
    begun = Array(repeating: 0, count: threads)
  }

  /// Items that no thread has begun.
  var left: Int {
    var left = 0
    for (task, _) in participant.running { left += task.cursor.left }
    for task in participant.waiting { left += task.cursor.left }
    return left
  }

  func submit(_ chunk: Range<Int>) {
    participant.submit(Task(chunk, unit: schedule.unitOnRanks, rules, at: world.now))
    begin()
    lookForOverdue()
  }

  func lower(to bound: Int) { self.bound = min(self.bound, bound) }

  /// Half of what no thread has begun, in whole units.
  func recall() throws -> [Range<Int>] {
    let half = (left + 1) / 2
    let ranges = participant.recall { _ in }
    let returned = ranges.reduce(0) { $0 + $1.count }
    guard returned >= half, returned < half + schedule.unitOnRanks else {
      throw Violation("rank \(index) returns \(ranges), and half of what it has not begun is \(half)")
    }
    return ranges
  }

  /// Threads with nothing to do take what waits.
  private func begin() {
    for thread in tasks.indices where tasks[thread] == nil {
      guard let task = participant.next(on: thread) else { return }
      tasks[thread] = task
      goOn(thread)
    }
  }

  /// The thread tries what is left of its batch, begins the next one, or is done with the chunk.
  private func goOn(_ thread: Int) {
    guard let task = tasks[thread] else { return }
    if let rest = task.run.rest { return attempt(rest, on: thread) }
    guard let batch = task.run.next(at: world.now) else { return end(thread) }
    world.note("rank \(index) begins \(batch) on thread \(thread)")
    slots[thread] = (batch, task.run.since)
    attempt(batch, on: thread)
    if let timeout = schedule.timeout {
      world.after(timeout + 1 + world.look(), .timeIsUp, rank: index, place: thread, token: begun[thread])
    }
  }

  private func attempt(_ items: Range<Int>, on thread: Int) {
    var (attempt, hangs) = (Attempt(first: items.lowerBound), false)
    for item in items where !hangs && !attempt.threw {
      if item >= bound { break }
      let (fate, ordinal) = (schedule.fate(item), world.tries[item])
      world.tries[item] += 1
      attempt.time += schedule.time(item, on: index)
      if fate != .fine {
        if fate.isOverdue(try: ordinal) { attempt.time += (item % 2 == 0 ? 3 : 1) * (schedule.timeout ?? 0) }
        if fate.endsRank(index, try: ordinal) { endsAfter(attempt.time) }
        hangs = fate.hangs(on: index) || fate.endsRank(index, try: ordinal)
        attempt.threw = fate.throwsError(on: index, try: ordinal)
      }
      if !hangs && !attempt.threw { attempt.computed += 1 }
    }
    attempts[thread] = attempt
    begun[thread] += 1
    if !hangs { world.after(attempt.time, .computed, rank: index, place: thread, token: begun[thread]) }
  }

  private func endsAfter(_ time: Int) {
    world.after(time, .vanishes, rank: index)
    world.after(time + schedule.ranks[index].noticed, .noticed, rank: index)
  }

  /// A thread has come to the end of what it tried.
  func computed(_ thread: Int, token: Int) {
    guard begun[thread] == token, let task = tasks[thread], var attempt = attempts[thread] else { return }
    let end = attempt.first + attempt.computed + (attempt.threw ? 1 : 0)
    if end > bound, end > attempt.first {
      // It looked at the bound before each item, and may have been past it when that came.
      let reached = world.random.one(in: min(max(bound, attempt.first + 1), end)...end)
      if reached < end {
        attempt.computed = reached - attempt.first
        attempt.threw = false
      }
    }
    task.nanoseconds += attempt.time
    if task.run.tried(computed: attempt.computed, threw: attempt.threw, at: world.now) == .threw {
      // Where the job was asked to stop, that may be why it threw.
      if schedule.isStopped(at: world.now), world.random.percent(50) { task.run.leave() } else { task.run.fail() }
    }
    if let failed = task.run.failed.first, schedule.failuresDecide, schedule.retries == 0 { lower(to: failed) }
    goOn(thread)
  }

  private func end(_ thread: Int) {
    guard let task = tasks[thread] else { return }
    (tasks[thread], slots[thread], attempts[thread]) = (nil, nil, nil)
    participant.ended(task)
    if index > 0 { encode(task) }
    if !task.cursor.kept.isEmpty { finished.append(task) }
    begin()
    guard !willLook else { return }
    willLook = true
    world.after(world.look(), index == 0 ? .rootLooks : .rankLooks, rank: index)
  }

  /// Finds the results that can't travel.
  private func encode(_ task: Task) {
    if schedule.results.isEmpty { return }
    let run = task.run
    let refused = task.cursor.chunk.prefix(run.completed).filter {
      schedule.results[$0] == .resultCannotBeSent && !run.failed.contains($0)
    }
    guard let first = refused.first else { return }
    if schedule.goesOn { return task.run.add(failed: refused) }
    task.run.end(before: first)
    task.run.fail()
  }

  /// The item that a thread has in hand may have passed its time.
  func timeIsUp(_ thread: Int, token: Int) { if begun[thread] == token { lookForOverdue() } }

  private func lookForOverdue() {
    guard let timeout = schedule.timeout else { return }
    let slots = self.slots
    let overdue = participant.overdue(
      at: world.now, after: timeout, inFlight: { _, thread in slots[thread] }, drop: { _ in })
    if overdue.isEmpty { return }
    say(
      .overdue(
        OverdueReport(
          items: overdue.items.map { ItemFailure(index: $0.index, error: Failure()) },
          elapsed: overdue.items.map { world.now - $0.since }, returned: overdue.returned)))
  }

  /// Rank 0 has no letters to itself.
  private func say(_ letter: Letter) {
    if index > 0 { return world.send(letter, rank: index) }
    said.append(letter)
    world.after(0, .rootLooks, rank: 0)
  }

  /// What is to be told of the chunks that are done.
  func takeReports() -> [ChunkReport] {
    willLook = false
    defer { finished.removeAll(keepingCapacity: true) }
    return finished.map { task in
      ChunkReport(
        chunk: task.cursor.kept, completed: task.run.completed,
        failures: task.run.failed.map { ItemFailure(index: $0, error: Failure()) }, nanoseconds: task.nanoseconds,
        resident: world.now - task.came)
    }
  }
}
