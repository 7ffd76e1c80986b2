/// Coordinates one call: it assigns items to workers, handles items that fail or take too long, and decides when the
/// call is finished.
///
/// It is a pure state machine: events and the time go in, effects come out. It knows nothing about messages, clocks,
/// threads or item types, and identifies workers by number only.
package struct Coordinator: Sendable {
  package struct Rules: Sendable {
    /// The number of workers.
    package var workers: Int
    /// The worker that is never assigned a quarantined item if there are other workers: if it dies, no process is left
    /// to report the item.
    package var quarantineExempt: Int? = 0
    /// The worker that gets items before others, because it needs no message; nil if all get them in turn.
    package var nearest: Int?
    package var chunk = ChunkRule.automatic
    /// The maximum number of items in a chunk, unless `chunk` asks for more.
    package var largest = 1 << 30
    /// Maximum number of retries for a failed item.
    package var retries = 0
    /// Whether the lowest failed item ends the call. Otherwise all other items are computed.
    package var failsFast = true
    /// The maximum time per item, in nanoseconds; nil for no limit.
    package var timeout: Int?
    /// Whether the first assignment waits until all workers have joined, up to `StartBarrier.timeout`.
    package var waitsForAll = false
    /// Whether a sample of items is computed again by another worker at the end, to compare the results.
    package var repeats = false
    /// Whether `settled` is reported.
    package var reportsSettled = false

    package init(workers: Int) { self.workers = workers }
  }

  /// The state before the call. Done, quarantined and failed items may be beyond the count if more items will be added.
  package struct Start: Sendable {
    package var count: Int
    /// Whether all items are known.
    package var isClosed = true
    /// The measurements of an earlier call from the same call site.
    package var calibration: Calibration?
    /// Items that are already done, as disjoint ranges in ascending order.
    package var done: [Range<Int>] = []
    /// Items that may kill a worker, in ascending order. Each one is assigned by itself.
    package var quarantine: [Int] = []
    /// Items that have already failed permanently.
    package var failed: [Int] = []

    package init(count: Int) { self.count = count }

    /// Removes and returns the items below this index that are done, quarantined or failed.
    mutating func take(below end: Int) -> Start {
      var part = Start(count: end)
      while let range = done.first, range.lowerBound < end {
        part.done.append(range.clamped(to: 0..<end))
        if range.upperBound > end {
          done[0] = end..<range.upperBound
          break
        }
        done.removeFirst()
      }
      part.quarantine = quarantine.filter { $0 < end }
      quarantine.removeFirst(part.quarantine.count)
      part.failed = failed.filter { $0 < end }
      failed.removeFirst(part.failed.count)
      return part
    }
  }

  private enum CallPhase { case working, repeating, done }

  private let rules: Rules
  /// What is known about items that will be added.
  private var future: Start
  private var scheduler: Scheduler
  private var startBarrier: StartBarrier
  private var overdue = OverdueItems()
  private var repetitions: Repetitions?
  private var settled = Coverage()
  private var effects = Queue<CoordinatorEffect>()
  private var phase = CallPhase.working
  /// The number of workers that have joined or are lost.
  private var accountedFor = 0
  private var lost: Set<Int> = []
  /// The last limit that was reported.
  private var limit = Int.max
  /// The lowest item whose result decides the call.
  private var decisive = Int.max
  private var isRefused = false
  /// Whether `nextEffect` checks for stuck items: time has passed since the last check, and items are overdue.
  private var checksStuck = false
  private var now: Int

  package init(_ rules: Rules, _ start: Start, at now: Int) {
    self.rules = rules
    self.now = now
    var future = start
    let present = future.take(below: start.count)
    self.future = future
    scheduler = Scheduler(
      count: start.count, ranks: rules.workers, rule: rules.chunk, largest: rules.largest, retries: rules.retries,
      failsFast: rules.failsFast, isClosed: start.isClosed, quarantineExempt: rules.quarantineExempt,
      nearest: rules.nearest,
      calibration: start.calibration, done: present.done, quarantine: present.quarantine)
    scheduler.advance(to: now)
    startBarrier = StartBarrier(waits: rules.waitsForAll, at: now)
    repetitions = rules.repeats ? Repetitions(count: start.count, workers: rules.workers) : nil
    settle(present)
  }

  /// The number of items so far, and the number of those that are done.
  package var count: Int { scheduler.count }
  package var completed: Int { scheduler.completed }
  /// All items below this index are done.
  package var settledThrough: Int { settled.through }
  /// The number of additional items that could be used now.
  package var demand: Int { scheduler.demand }
  /// Whether no worker holds a chunk.
  package var holdsNothing: Bool { scheduler.holdsNothing }
  /// No item at or above this index is started any more.
  package var bound: Int { scheduler.bound }
  /// Whether only quarantined items are left and no worker may take them.
  package var isStranded: Bool { scheduler.isStranded }
  /// Whether the current assignments are repetitions, made to compare results.
  package var isRepeating: Bool { phase == .repeating }
  /// Whether the call can't continue until an overdue item finishes.
  package var isStuck: Bool { scheduler.isStuck }
  /// The measurements, for the next call from the same call site.
  package var calibration: Calibration? { scheduler.calibration }
  /// Returns the chunks that a worker holds.
  package func held(by worker: Int) -> [Range<Int>] { scheduler.held(by: worker) }
  /// The number of entries in the data structures.
  package var footprint: Int { scheduler.footprint }

  private var allJoinedOrLost: Bool { accountedFor == rules.workers }

  /// Handles an event. `nextEffect` returns what follows from it.
  package mutating func handle(_ event: CoordinatorEvent) {
    switch event {
    case .supplied(let more): supply(more)
    case .expected(let more): scheduler.expected = more
    case .closed: scheduler.close()
    case .joined(let worker, let threads):
      accountedFor += 1
      startBarrier.joined(worker: worker, threads: threads)
      admitWorkers()
    // Messages of a lost worker may still arrive after its loss was reported.
    case .report(let worker, let report): if !lost.contains(worker) { process(report, from: worker) }
    case .returned(let worker, let ranges): if !lost.contains(worker) { returned(ranges, by: worker) }
    case .overdue(let worker, let report): if !lost.contains(worker) { process(report, from: worker) }
    case .unsendable(let worker, let chunk, let failure): processUnsendable(chunk, from: worker, failure)
    case .decided(let index): decide(by: index)
    case .lost(let worker): if lost.insert(worker).inserted { removeLost(worker) }
    case .stopped:
      scheduler.stop()
      lowerLimit(to: 0)
    case .refused:
      isRefused = true
      scheduler.refuse()
      lowerLimit(to: 0)
    }
  }

  /// Advances the time, in nanoseconds of any monotonic clock.
  package mutating func advance(to now: Int) {
    self.now = max(self.now, now)
    scheduler.advance(to: now)
    admitWorkers()
    checksStuck = !overdue.isEmpty
  }

  /// Returns the next effect to carry out; nil if there is none until the next event or advance of time.
  package mutating func nextEffect() -> CoordinatorEffect? {
    if let effect = effects.popFirst() { return effect }
    guard phase == .working else { return endRepeating() }
    if let assignment = scheduler.nextAssignment() {
      return .assign(worker: assignment.rank, chunk: assignment.chunk, isRepetition: false)
    }
    if let worker = scheduler.nextRecall() { return .recall(worker: worker) }
    if let effect = stuckEffect() { return effect }
    guard scheduler.isFinished, allJoinedOrLost else { return nil }
    return finish()
  }

  private mutating func supply(_ more: Int) {
    let part = future.take(below: scheduler.count + more)
    scheduler.add(more, done: part.done, quarantine: part.quarantine)
    settle(part)
  }

  /// Records items that were done or had failed before the call.
  private mutating func settle(_ part: Start) {
    for range in part.done { settle(range) }
    for index in part.failed {
      scheduler.failedBefore(index: index)
      settle(index..<(index + 1))
    }
  }

  private mutating func settle(_ range: Range<Int>) {
    settled.insert(range)
    if rules.reportsSettled { effects.append(.settled(range)) }
  }

  /// Lets workers start that no longer have to wait for others.
  private mutating func admitWorkers() {
    guard startBarrier.isWaiting else { return }
    for (worker, threads) in startBarrier.ready(allJoinedOrLost: allJoinedOrLost, at: now) {
      scheduler.joined(rank: worker, threads: threads)
    }
  }

  private mutating func finish() -> CoordinatorEffect? {
    let endsEarly = scheduler.bound < scheduler.count
    if let repetitions, !isRefused, !endsEarly, !scheduler.isStopped {
      phase = .repeating
      for repetition in repetitions.planned {
        self.repetitions?.begin(repetition)
        effects.append(
          .assign(worker: repetition.second, chunk: repetition.index..<(repetition.index + 1), isRepetition: true))
      }
      if let effect = effects.popFirst() { return effect }
    }
    phase = .done
    return .finished
  }

  private mutating func endRepeating() -> CoordinatorEffect? {
    guard phase == .repeating else { return nil }
    guard repetitions?.isDone != false else { return stuckEffect() }
    phase = .done
    return .finished
  }

  /// Checks at most once per advance of time.
  private mutating func stuckEffect() -> CoordinatorEffect? {
    guard checksStuck, let timeout = rules.timeout else { return nil }
    checksStuck = false
    // A worker that hasn't joined yet may take the remaining items.
    guard phase == .repeating || scheduler.isStuck && allJoinedOrLost,
      let item = overdue.stuck(at: now, timeout: timeout)
    else { return nil }
    return .stuck(index: item.index, worker: item.worker, nanoseconds: now - item.since)
  }

  private mutating func process(_ report: ChunkReport, from worker: Int) {
    overdue.remove(in: report.chunk, of: worker)
    if phase != .working {
      if let again = repetitions?.end(report.chunk.lowerBound), report.completed > 0 {
        effects.append(.compare(index: again.index, first: again.first, second: again.second, report))
      }
      return
    }
    var done = report.done
    if scheduler.isStopped, let first = report.failures.first {
      // After a request to stop, an item may throw because of that request: a later job tries it again.
      done = done.lowerBound..<first.index
    } else {
      for failure in report.failures { apply(scheduler.failed(rank: worker, index: failure.index), failure) }
    }
    effects.append(.released(worker: worker, report.chunk))
    let counted = scheduler.returned(
      rank: worker, chunk: report.chunk, completed: done.count, nanoseconds: report.nanoseconds,
      resident: report.resident)
    let computed = report.computed.compactMap { run in
      let run = run.clamped(to: counted)
      return run.isEmpty ? nil : run
    }
    for run in computed { settle(run) }
    repetitions?.recordComputed(computed, from: worker)
  }

  private mutating func returned(_ ranges: [Range<Int>], by worker: Int, behindOverdue: Bool = false) {
    guard phase == .working, scheduler.returned(rank: worker, ranges: ranges, behindOverdue: behindOverdue) else {
      return
    }
    for range in ranges { effects.append(.shortened(worker: worker, range)) }
  }

  private mutating func process(_ report: OverdueReport, from worker: Int) {
    returned(report.returned, by: worker, behindOverdue: true)
    overdue.append(report, of: worker, at: now)
    guard phase == .working else {
      // The repetition waited behind an overdue item and is given up.
      for index in report.returned.joined() { _ = repetitions?.end(index) }
      return
    }
    for failure in report.items { apply(scheduler.overdue(rank: worker, index: failure.index), failure) }
  }

  private mutating func apply(_ verdict: Scheduler.Verdict, _ failure: ItemFailure) {
    if case .failed(let tries) = verdict { fail(failure, tries: tries) }
  }

  /// Records a permanent failure. If it ends the call, no item above it is started any more, on any worker; the call
  /// throws this error unless an item below fails too.
  private mutating func fail(_ failure: ItemFailure, tries: Int) {
    settle(failure.index..<(failure.index + 1))
    effects.append(.failed(failure, tries: tries))
    if rules.failsFast { lowerLimit(to: failure.index) }
  }

  /// Records an item whose result decides the call, unless an item below it has failed or decided it.
  private mutating func decide(by index: Int) {
    guard phase == .working, index < min(scheduler.bound, decisive) else { return }
    decisive = index
    scheduler.decided(by: index)
    lowerLimit(to: index + 1)
    effects.append(.decided(by: index))
  }

  private mutating func lowerLimit(to limit: Int) {
    guard limit < self.limit else { return }
    self.limit = limit
    effects.append(.limit(limit))
  }

  /// Handles the end of a chunk that wasn't sent because its first item can't be.
  private mutating func processUnsendable(_ chunk: Range<Int>, from worker: Int, _ failure: ItemFailure) {
    guard phase == .working else {
      // The worker that computed the item first had received it without a message.
      _ = repetitions?.end(failure.index)
      return
    }
    scheduler.failedToSend(rank: worker, chunk: chunk, index: failure.index)
    effects.append(.shortened(worker: worker, failure.index..<chunk.upperBound))
    fail(failure, tries: 1)
  }

  private mutating func removeLost(_ worker: Int) {
    for chunk in scheduler.held(by: worker) { effects.append(.released(worker: worker, chunk)) }
    if !startBarrier.isWaiting(for: worker), !scheduler.hasJoined(worker) { accountedFor += 1 }
    startBarrier.lost(worker: worker)
    admitWorkers()
    scheduler.lost(rank: worker)
    overdue.removeAll(of: worker)
    repetitions?.lost(worker: worker)
  }
}
