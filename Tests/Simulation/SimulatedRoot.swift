import SeppoEngine

/// Rank 0's calling thread: it passes events to the coordinator, carries out its effects, and compares both with the
/// reference model.
final class SimulatedRoot {
  private(set) var coordinator: Coordinator
  let model: ReferenceModel
  private let environment: Environment
  private let schedule: Schedule
  /// The rank of rank 0's own compute threads.
  private let own: SimulatedRank
  private(set) var inbox: [(rank: Int, message: SimulatedMessage)] = []
  private(set) var statistics = Statistics()
  /// How the map has ended according to the coordinator.
  private(set) var ending: Statistics.Ending?
  /// The item whose error or result ends the map, according to the effects.
  private var outcome: Statistics.Ending?
  /// The lowest item so far whose result decides the map.
  private var decisive: Int?
  /// The number of items in the schedule that have not been added.
  private var itemsToAdd: Int
  private var nextSupply = 0
  private var settledThrough = 0
  /// The items that were reported as settled.
  private var settled: Set<Int> = []
  private var hasProgressed = false

  init(_ environment: Environment, own: SimulatedRank) {
    self.environment = environment
    self.own = own
    schedule = environment.schedule
    model = ReferenceModel(schedule)
    itemsToAdd = schedule.count - schedule.countAtStart
    var rules = Coordinator.Rules(workers: schedule.ranks.count)
    rules.quarantineExempt = schedule.quarantineExempt
    rules.chunk = schedule.rule
    rules.largest = schedule.largest
    rules.retries = schedule.retries
    rules.failsFast = schedule.failsFast
    rules.timeout = schedule.timeout
    rules.waitsForAll = schedule.waitsForAll
    rules.repeats = schedule.repeats
    rules.reportsSettled = schedule.supply != nil
    var start = Coordinator.Start(count: schedule.countAtStart)
    start.isClosed = schedule.supply == nil
    start.calibration = schedule.calibratedItemTime.map(Self.calibration)
    start.done = schedule.done
    start.quarantine = schedule.quarantine
    start.failed = schedule.failedBefore
    coordinator = Coordinator(rules, start, at: 0)
    if schedule.failsFast, let failed = schedule.failedBefore.min() { outcome = .threw(failed) }
    decide(schedule.done.joined())
    join(0)
  }

  /// Returns the calibration of a map whose items took this many nanoseconds each.
  private static func calibration(_ nanoseconds: Int) -> Calibration {
    var coordinator = Coordinator(.init(workers: 1), .init(count: 1), at: 0)
    coordinator.handle(.joined(worker: 0, threads: 1))
    guard case .assign = coordinator.nextEffect() else { preconditionFailure("nothing is assigned") }
    coordinator.handle(.report(worker: 0, ChunkReport(chunk: 0..<1, completed: 1, nanoseconds: nanoseconds)))
    guard let calibration = coordinator.calibration else { preconditionFailure("nothing was measured") }
    return calibration
  }

  /// Whether something may happen without a message from a rank.
  var mustPoll: Bool { !model.isClosed || !model.overdue.isEmpty || model.ranks.contains { $0.waits } }

  func arrived(_ message: SimulatedMessage, from rank: Int) { inbox.append((rank, message)) }

  /// Runs one turn of the loop. Returns whether anything happened.
  func poll() throws -> Bool {
    hasProgressed = false
    let mayBeStuck = !model.overdue.isEmpty
    coordinator.advance(to: environment.now)
    model.advance(to: environment.now)
    for (rank, message) in inbox { try receive(message, from: rank) }
    inbox.removeAll(keepingCapacity: true)
    for message in own.outbox { try receive(message, from: 0) }
    own.outbox.removeAll(keepingCapacity: true)
    for report in own.takeReports() { try receive(.report(report), from: 0) }
    try supply()
    try perform(mayBeStuck)
    return hasProgressed
  }

  private func join(_ rank: Int) {
    let threads = schedule.ranks[rank].threads
    coordinator.handle(.joined(worker: rank, threads: threads))
    model.joined(rank, threads: threads, at: environment.now)
  }

  func lost(_ rank: Int) throws {
    // A rank may die twice: by an item and by schedule.
    coordinator.handle(.lost(worker: rank))
    if model.ranks[rank].isLost { return }
    if model.ranks[rank].holdsQuarantined { statistics.fatal += 1 }
    environment.note("rank 0 learns that rank \(rank) is lost")
    try model.lost(rank, at: environment.now)
  }

  /// Stops the map early: no more items are started.
  func stopEarly() {
    environment.note("the map is stopped")
    coordinator.handle(.stopped)
    model.stopped()
  }

  func refuse() {
    environment.note("the map is refused")
    coordinator.handle(.refused)
    model.refused()
  }

  /// Adds items while the map runs.
  private func supply() throws {
    guard let supply = schedule.supply, !model.isClosed, environment.now >= nextSupply else { return }
    let (demand, limited) = (coordinator.demand, model.isLimited)
    if limited, demand > 0 { throw Violation("the coordinator wants \(demand) items, but would start none") }
    if itemsToAdd == 0 || supply.closes.map({ $0 <= environment.now }) == true {
      environment.note("no more items are added to \(model.count)")
      coordinator.handle(.closed)
      model.closed()
      guard coordinator.demand == 0 else { throw Violation("the coordinator wants items after the last one") }
    } else if demand > 0 {
      let more = environment.random.one(in: 1...min(demand, supply.most, itemsToAdd))
      environment.note("\(more) items are added")
      coordinator.handle(.supplied(more))
      coordinator.handle(.expected(environment.random.one(in: 0...2 * supply.most)))
      model.supplied(more)
      itemsToAdd -= more
      statistics.additions += 1
      guard coordinator.demand == demand - more else {
        throw Violation("the coordinator wanted \(demand) items, got \(more), and wants \(coordinator.demand)")
      }
    } else {
      if !limited, model.unstarted == 0 { throw Violation("the coordinator wants no items, but none are unstarted") }
      return
    }
    hasProgressed = true
    nextSupply = environment.now + environment.random.below(supply.pause + 1)
  }

  // MARK: Effects

  /// Carries out the coordinator's effects.
  private func perform(_ mayBeStuck: Bool) throws {
    var effects = 0
    while let effect = coordinator.nextEffect() {
      effects += 1
      guard effects < 10_000 + 10 * schedule.count else { throw Violation("the coordinator's effects don't end") }
      try perform(effect)
      if ending != nil { break }
    }
    if ending == .results, let effect = coordinator.nextEffect() {
      throw Violation("the coordinator reports \(effect) after the end")
    }
    try model.expectedEffects.checkNoneMissing()
    if mayBeStuck, ending == nil, let stuck = model.stuckItem(at: environment.now) {
      throw Violation("item \(stuck.item) blocks the map, but the coordinator doesn't report it")
    }
    if ending == nil, model.isFinished, model.allJoinedOrLost, model.repetitions.inProgress.isEmpty {
      throw Violation("the map is done, but the coordinator hasn't finished")
    }
  }

  private func perform(_ effect: CoordinatorEffect) throws {
    switch effect {
    case .assign(let worker, let chunk, let isRepetition):
      hasProgressed = true
      try assign(chunk, to: worker, isRepetition)
    case .recall(let worker):
      hasProgressed = true
      statistics.recalls += 1
      environment.note("rank 0 recalls from rank \(worker)")
      try model.recalled(worker)
      if worker > 0 { return environment.send(.recall, rank: worker) }
      try receive(.returned(own.recall()), from: 0)
    case .limit(let bound):
      try model.expectedEffects.reported(.limit(bound))
      own.lower(to: bound)
      for rank in model.ranks.indices where rank > 0 && (model.ranks[rank].isPresent || model.ranks[rank].waits) {
        environment.send(.stop(bound), rank: rank)
      }
    case .released(let worker, let chunk): try model.expectedEffects.reported(.released(worker: worker, chunk))
    case .shortened(let worker, let range): try model.expectedEffects.reported(.shortened(worker: worker, range))
    case .failed(let failure, let tries):
      try model.expectedEffects.reported(.failed(failure.index, tries: tries))
      if schedule.failsFast { outcome = .threw(failure.index) }
    case .decided(let item):
      try model.expectedEffects.reported(.decided(item))
      outcome = .decided(item)
    case .settled(let range):
      for item in range where !settled.insert(item).inserted { throw Violation("item \(item) is settled twice") }
    case .compare(let index, let first, let second, _):
      statistics.compared += 1
      try model.expectedEffects.reported(.compare(index, first: first, second: second))
    case .stuck(let index, let worker, let nanoseconds):
      guard let stuck = model.stuckItem(at: environment.now),
        (index, worker, nanoseconds) == (stuck.item, stuck.rank, environment.now - stuck.since)
      else { throw Violation("the coordinator reports \(effect), but the map isn't stuck at this item") }
      ending = .stuck(index)
    case .finished:
      try model.finished()
      // Of items above the bound, the outcome doesn't matter.
      if schedule.supply != nil, coordinator.bound == coordinator.count, settled.count != coordinator.completed {
        throw Violation("\(settled.count) items are settled, but \(coordinator.completed) are done")
      }
      ending = model.isRefused ? .refused : outcome ?? .results
    }
  }

  private func assign(_ chunk: Range<Int>, to rank: Int, _ isRepetition: Bool) throws {
    environment.note("rank 0 assigns \(chunk) to rank \(rank)\(isRepetition ? " again" : "")")
    if isRepetition {
      try model.assignedRepetition(chunk, to: rank)
    } else {
      statistics.chunks += 1
      try model.assigned(chunk, to: rank)
      if model.ranks[rank].holdsQuarantined { statistics.quarantined += 1 }
    }
    var sent = chunk
    if rank > 0, !schedule.behaviors.isEmpty, let item = chunk.first(where: { schedule.behaviors[$0] == .cannotBeSent })
    {
      environment.note("item \(item) can't be sent")
      let failure = ItemFailure(index: item, error: SimulatedRank.SimulatedFailure())
      coordinator.handle(.unsendable(worker: rank, chunk: chunk, failure))
      try model.unsendable(item, of: chunk, to: rank)
      sent = chunk.lowerBound..<item
    }
    if sent.isEmpty { return }
    if rank == 0 { own.submit(sent) } else { environment.send(.work(sent), rank: rank) }
  }

  // MARK: Messages

  private func receive(_ message: SimulatedMessage, from rank: Int) throws {
    hasProgressed = true
    // Messages that arrive after a rank's loss was reported are ignored.
    let isLost = model.ranks[rank].isLost
    switch message {
    case .entered: if !isLost { join(rank) }
    case .report(let report):
      let report = readable(report, from: rank)
      environment.note(
        "rank \(rank) returns \(report.completed) of \(report.chunk), failed: \(report.failures.map(\.index))")
      coordinator.handle(.report(worker: rank, report))
      if isLost { return }
      try model.reported(report, by: rank)
      decide(report.computed.joined())
    case .returned(let ranges):
      environment.note("rank \(rank) returns \(ranges)")
      coordinator.handle(.returned(worker: rank, ranges))
      // A reply that wasn't asked for belongs to an earlier map.
      guard !isLost, model.ranks[rank].isRecallPending else { return }
      statistics.returned += ranges.count
      model.recallAnswered(rank)
      try model.returned(ranges, by: rank)
    case .overdue(let report):
      environment.note("on rank \(rank), items \(report.items.map(\.index)) are overdue; it returns \(report.returned)")
      coordinator.handle(.overdue(worker: rank, report))
      if isLost { return }
      statistics.overdue += report.items.count
      try model.overdue(report, on: rank, at: environment.now)
    case .work, .stop, .recall: throw Violation("rank 0 receives \(message)")
    }
  }

  /// Passes the lowest item that decides the map to the coordinator, again and again, as the loop does.
  private func decide(_ results: some Sequence<Int>) {
    if schedule.behaviors.isEmpty { return }
    for item in results where schedule.behaviors[item] == .decides && item < decisive ?? .max {
      decisive = item
    }
    guard let decisive else { return }
    coordinator.handle(.decided(by: decisive))
    model.decided(by: decisive)
  }

  /// Ends the report at a result that can't be read: the results after it are lost.
  private func readable(_ report: ChunkReport, from rank: Int) -> ChunkReport {
    guard rank > 0, !schedule.behaviors.isEmpty,
      let item = report.computed.lazy.joined().first(where: { schedule.behaviors[$0] == .resultCannotBeRead })
    else { return report }
    var readable = report
    readable.failures.removeAll { $0.index > item }
    readable.failures.append(ItemFailure(index: item, error: SimulatedRank.SimulatedFailure()))
    readable.completed = item + 1 - report.chunk.lowerBound
    return readable
  }

  // MARK: Checking

  /// Compares the coordinator with the reference model, for everything that has changed.
  func check() throws {
    for rank in model.takeChanged() {
      let (actual, expected) = (coordinator.held(by: rank), model.ranks[rank].held)
      guard actual.count == expected.count, actual.indices.allSatisfy({ actual[$0] == expected[$0].chunk }) else {
        throw Violation("the coordinator says that rank \(rank) holds \(actual), but it holds \(expected)")
      }
      let heldByEffects = model.expectedEffects.heldByEffects[rank]
      guard heldByEffects == actual else {
        throw Violation("by the effects, rank \(rank) holds \(heldByEffects), but it holds \(actual)")
      }
    }
    try expectEqual(coordinator.count, model.count, "as the number of items")
    try expectEqual(coordinator.completed, model.done, "as the number of done items")
    try expectEqual(coordinator.bound, model.bound, "as the bound")
    try expectEqual(coordinator.settledThrough, model.settledThrough, "as the number of settled items")
    guard coordinator.settledThrough >= settledThrough else {
      throw Violation("the number of settled items has decreased")
    }
    settledThrough = coordinator.settledThrough
    guard coordinator.isStuck == model.isStuck else {
      throw Violation("the coordinator says that it is \(model.isStuck ? "not " : "")stuck")
    }
    guard coordinator.isStranded == model.isStranded else {
      throw Violation("the coordinator says that it is \(model.isStranded ? "not " : "")stranded")
    }
    guard coordinator.holdsNothing == (model.heldChunks == 0) else {
      throw Violation("the coordinator is wrong about whether any chunk is held")
    }
    // A queue keeps removed elements until they are more than 64 and more than half of it.
    let earlier = schedule.done.count + 2 * schedule.quarantine.count + schedule.failedBefore.count
    let maximum = 200 + 8 * model.ranks.count + 2 * model.maximumChunks + 2 * model.failures.open + earlier
    guard coordinator.footprint <= maximum else {
      throw Violation("the coordinator keeps \(coordinator.footprint) entries for \(model.maximumChunks) chunks")
    }
    statistics.footprint = max(statistics.footprint, coordinator.footprint)
    statistics.retried = model.failures.retried
    guard ending == nil, !model.isStopped,
      model.unstarted > 0 || !model.failures.waiting.isEmpty || !model.quarantine.isEmpty
    else { return }
    for rank in model.ranks.indices where model.ranks[rank].idleThreads > 0 && model.mayBeAssigned(rank) {
      throw Violation(
        "rank \(rank) is idle while \(model.unstarted) items are unstarted, \(model.failures.waiting) wait for a retry "
          + "and \(model.quarantine) are quarantined")
    }
  }

  private func expectEqual(_ actual: Int, _ expected: Int, _ what: String) throws {
    guard actual == expected else {
      throw Violation("the coordinator returns \(actual) \(what), but it is \(expected)")
    }
  }
}
