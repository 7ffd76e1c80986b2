/// One call's work on the rank that coordinates it: who computes what when, what becomes of items that fail or take too
/// long, and when the call is done.
///
/// A pure state machine: events and the time go in, effects come out. It knows no message, clock, thread or type of an item,
/// and of workers only their numbers; which of them run here is nothing to it.
package struct Coordinator: Sendable {
  package struct Rules: Sendable {
    /// How many workers take part.
    package var workers: Int
    /// The worker that is given no suspect, where there are others: its loss would leave nobody to report it.
    package var unwitnessed: Int? = 0
    package var chunk = ChunkRule.automatic
    /// No chunk has more items, but where `chunk` asks for it.
    package var largest = 1 << 30
    /// Maximum number of retries for a failed item.
    package var retries = 0
    /// Whether the lowest item that fails ends the call; otherwise all others are computed.
    package var failuresDecide = true
    /// How long an item may take, in nanoseconds; nil for any time.
    package var timeout: Int?
    /// Whether no worker gets items before all are here, for a while.
    package var waitsForAll = false
    /// Whether a few items are computed by two workers, in the end.
    package var repeats = false

    package init(workers: Int) { self.workers = workers }
  }

  /// What is known from before the call.
  package struct Start: Sendable {
    package var count: Int
    /// Whether no more items come.
    package var isClosed = true
    /// What an earlier call from the same line has measured.
    package var calibration: Calibration?
    /// Items that are done, in ascending order, and apart from each other.
    package var done: [Range<Int>] = []
    /// Items that may end a worker: each is given alone. In ascending order.
    package var quarantine: [Int] = []
    /// Items that have failed for good.
    package var failed: [Int] = []

    package init(count: Int) { self.count = count }
  }

  private enum Phase { case working, repeating, done }

  private let rules: Rules
  private var scheduler: Scheduler
  private var start: JointStart
  private var overdue = OverdueItems()
  private var repetitions: Repetitions?
  private var settled = Coverage()
  private var effects = Queue<Effect>()
  private var phase = Phase.working
  /// Workers that have joined, or are lost.
  private var accountedFor = 0
  private var lost: Set<Int> = []
  /// The last limit that was said.
  private var limit = Int.max
  private var isRefused = false
  /// Whether it is to be seen if overdue items keep the call from going on.
  private var mayBeStuck = false
  private var now: Int

  package init(_ rules: Rules, _ start: Start, at now: Int) {
    self.rules = rules
    self.now = now
    scheduler = Scheduler(
      count: start.count, ranks: rules.workers, rule: rules.chunk, largest: rules.largest, retries: rules.retries,
      failuresDecide: rules.failuresDecide, isClosed: start.isClosed, unwitnessed: rules.unwitnessed,
      calibration: start.calibration, done: start.done, alone: start.quarantine)
    scheduler.advance(to: now)
    for range in start.done { settled.insert(range) }
    for index in start.failed {
      scheduler.failedBefore(index: index)
      settled.insert(index..<(index + 1))
    }
    self.start = JointStart(waits: rules.waitsForAll, at: now)
    repetitions = rules.repeats ? Repetitions(count: start.count, workers: rules.workers) : nil
  }

  /// How many items there are by now, and how many are done.
  package var count: Int { scheduler.count }
  package var completed: Int { scheduler.completed }
  /// All items below this one are done.
  package var settledThrough: Int { settled.through }
  /// How many more items could be used now.
  package var demand: Int { scheduler.demand }
  /// Nothing is held by anyone.
  package var holdsNothing: Bool { scheduler.holdsNothing }
  /// Nothing from this item on is begun any more.
  package var bound: Int { scheduler.bound }
  /// Whether only suspects are left, and nobody to give them to.
  package var isStranded: Bool { scheduler.isStranded }
  /// Whether what is given now was computed before, to be compared.
  package var isRepeating: Bool { phase == .repeating }
  /// Whether nothing goes on before an item that has passed its time comes back.
  package var isStuck: Bool { scheduler.isStuck }
  /// What was measured, for the next call from the same line.
  package var calibration: Calibration? { scheduler.calibration }
  /// The chunks that a worker holds.
  package func held(by worker: Int) -> [Range<Int>] { scheduler.held(by: worker) }
  /// How many entries its books have.
  package var footprint: Int { scheduler.footprint }

  private var areAllHere: Bool { accountedFor == rules.workers }

  /// Takes an event. What follows from it is in the effects.
  package mutating func handle(_ event: Event) {
    switch event {
    case .supplied(let more): scheduler.add(more)
    case .closed: scheduler.close()
    case .joined(let worker, let threads):
      accountedFor += 1
      start.joined(worker: worker, threads: threads)
      admit()
    // What was under way from a worker that is lost is nobody's.
    case .report(let worker, let report): if !lost.contains(worker) { take(report, from: worker) }
    case .returned(let worker, let ranges): if !lost.contains(worker) { returned(ranges, by: worker) }
    case .overdue(let worker, let report): if !lost.contains(worker) { take(report, from: worker) }
    case .unsendable(let worker, let chunk, let failure): takeBack(chunk, from: worker, failure)
    case .lost(let worker): if lost.insert(worker).inserted { lose(worker) }
    case .stopped:
      scheduler.stop()
      lower(to: 0)
    case .refused:
      isRefused = true
      scheduler.refuse()
      lower(to: 0)
    }
  }

  /// Time goes on: nanoseconds of any clock that never goes back.
  package mutating func advance(to now: Int) {
    self.now = max(self.now, now)
    scheduler.advance(to: now)
    admit()
    mayBeStuck = !overdue.isEmpty
  }

  /// What is to be done next; nil where nothing is, until something happens or time goes on.
  package mutating func nextEffect() -> Effect? {
    if let effect = effects.popFirst() { return effect }
    guard phase == .working else { return endRepeating() }
    if let assignment = scheduler.nextAssignment() {
      return .give(worker: assignment.rank, chunk: assignment.chunk, isRepetition: false)
    }
    if let worker = scheduler.nextRecall() { return .recall(worker: worker) }
    if let effect = stuck() { return effect }
    guard scheduler.isFinished, areAllHere else { return nil }
    return finish()
  }

  /// Workers that need not wait for others take part from now on.
  private mutating func admit() {
    guard start.isWaiting else { return }
    for (worker, threads) in start.ready(areAllHere: areAllHere, at: now) {
      scheduler.joined(rank: worker, threads: threads)
    }
  }

  private mutating func finish() -> Effect? {
    let hasFailed = rules.failuresDecide && scheduler.bound < scheduler.count
    if let repetitions, !isRefused, !hasFailed, !scheduler.isStopped {
      phase = .repeating
      for repetition in repetitions.all {
        self.repetitions?.begin(repetition)
        effects.append(
          .give(worker: repetition.second, chunk: repetition.place..<(repetition.place + 1), isRepetition: true))
      }
      if let effect = effects.popFirst() { return effect }
    }
    phase = .done
    return .finished
  }

  private mutating func endRepeating() -> Effect? {
    guard phase == .repeating else { return nil }
    guard repetitions?.isDone != false else { return stuck() }
    phase = .done
    return .finished
  }

  /// Once for each time that time has gone on.
  private mutating func stuck() -> Effect? {
    guard mayBeStuck, let timeout = rules.timeout else { return nil }
    mayBeStuck = false
    // A worker that has not come yet may take what remains.
    guard phase == .repeating || scheduler.isStuck && areAllHere,
      let item = overdue.stuck(at: now, timeout: timeout)
    else { return nil }
    return .stuck(index: item.index, worker: item.worker, nanoseconds: now - item.since)
  }

  private mutating func take(_ report: ChunkReport, from worker: Int) {
    overdue.remove(in: report.chunk, of: worker)
    if phase != .working {
      if let again = repetitions?.end(report.chunk.lowerBound), report.completed > 0 {
        effects.append(.compare(index: again.place, first: again.first, second: again.second, report))
      }
      return
    }
    var done = report.done
    if scheduler.isStopped, let first = report.failures.first {
      // What throws when the job was asked to stop may throw because of that: a later job tries it again.
      done = done.lowerBound..<first.index
    } else {
      for failure in report.failures { follow(scheduler.threw(rank: worker, index: failure.index), failure) }
    }
    effects.append(.released(worker: worker, report.chunk))
    let counted = scheduler.returned(
      rank: worker, chunk: report.chunk, completed: done.count, nanoseconds: report.nanoseconds,
      resident: report.resident)
    let computed = report.computed.compactMap { run in
      let run = run.clamped(to: counted)
      return run.isEmpty ? nil : run
    }
    for run in computed { settled.insert(run) }
    repetitions?.came(computed, from: worker)
  }

  private mutating func returned(_ ranges: [Range<Int>], by worker: Int, behindOverdue: Bool = false) {
    guard phase == .working, scheduler.returned(rank: worker, ranges: ranges, behindLate: behindOverdue) else { return }
    for range in ranges { effects.append(.shortened(worker: worker, range)) }
  }

  private mutating func take(_ report: OverdueReport, from worker: Int) {
    returned(report.returned, by: worker, behindOverdue: true)
    overdue.append(report, of: worker, at: now)
    guard phase == .working else {
      // A repetition that waited there is not made.
      for place in report.returned.joined() { _ = repetitions?.end(place) }
      return
    }
    for failure in report.items { follow(scheduler.late(rank: worker, index: failure.index), failure) }
  }

  private mutating func follow(_ verdict: Scheduler.Verdict, _ failure: ItemFailure) {
    if case .failed(let tries) = verdict { fail(failure, tries: tries) }
  }

  /// The item has failed for good. Where that ends the call, and unless an item below fails too, it is this one's error:
  /// nothing above it is begun any more, by nobody.
  private mutating func fail(_ failure: ItemFailure, tries: Int) {
    settled.insert(failure.index..<(failure.index + 1))
    effects.append(.failed(failure, tries: tries))
    if rules.failuresDecide { lower(to: failure.index) }
  }

  private mutating func lower(to limit: Int) {
    guard limit < self.limit else { return }
    self.limit = limit
    effects.append(.limit(limit))
  }

  /// The end of the chunk was not sent, as its first item can't be.
  private mutating func takeBack(_ chunk: Range<Int>, from worker: Int, _ failure: ItemFailure) {
    guard phase == .working else {
      // The worker that has computed it had it without a message.
      _ = repetitions?.end(failure.index)
      return
    }
    scheduler.failedToSend(rank: worker, chunk: chunk, index: failure.index)
    effects.append(.shortened(worker: worker, failure.index..<chunk.upperBound))
    fail(failure, tries: 1)
  }

  private mutating func lose(_ worker: Int) {
    for chunk in scheduler.held(by: worker) { effects.append(.released(worker: worker, chunk)) }
    if !start.isWaiting(for: worker), !scheduler.hasJoined(worker) { accountedFor += 1 }
    start.lost(worker: worker)
    admit()
    scheduler.gone(rank: worker)
    overdue.removeAll(of: worker)
    repetitions?.lost(worker: worker)
  }
}
