import SeppoEngine

/// Rank 0's thread in the call: tells the coordinator what happens, does what it wants done, and holds all that against the
/// books.
final class SimulatedRoot {
  private(set) var coordinator: Coordinator
  let books: Books
  private let world: World
  private let schedule: Schedule
  /// Rank 0's own compute threads.
  private let own: SimulatedRank
  private(set) var inbox: [(rank: Int, letter: Letter)] = []
  private(set) var figures = Figures()
  /// How the coordinator says that it ended.
  private(set) var ending: Figures.Ending?
  /// Items of the schedule that have not come.
  private var toCome: Int
  private var nextSupply = 0
  private var settledThrough = 0
  private var hasMoved = false

  init(_ world: World, own: SimulatedRank) {
    self.world = world
    self.own = own
    schedule = world.schedule
    books = Books(schedule)
    toCome = schedule.count - schedule.countAtStart
    var rules = Coordinator.Rules(workers: schedule.ranks.count)
    rules.unwitnessed = schedule.unwitnessed
    rules.chunk = schedule.rule
    rules.largest = schedule.largest
    rules.retries = schedule.retries
    rules.failuresDecide = schedule.failuresDecide
    rules.timeout = schedule.timeout
    rules.waitsForAll = schedule.waitsForAll
    rules.repeats = schedule.repeats
    var start = Coordinator.Start(count: schedule.countAtStart)
    start.isClosed = schedule.supply == nil
    start.calibration = schedule.learnt.map(Self.learnt)
    start.done = schedule.done
    start.quarantine = schedule.alone
    start.failed = schedule.failedBefore
    coordinator = Coordinator(rules, start, at: 0)
    join(0)
  }

  /// As a map would have learnt it whose items took so long.
  private static func learnt(_ nanoseconds: Int) -> Calibration {
    var coordinator = Coordinator(.init(workers: 1), .init(count: 1), at: 0)
    coordinator.handle(.joined(worker: 0, threads: 1))
    guard case .give = coordinator.nextEffect() else { preconditionFailure("nothing is given") }
    coordinator.handle(.report(worker: 0, ChunkReport(chunk: 0..<1, completed: 1, nanoseconds: nanoseconds)))
    guard let learnt = coordinator.calibration else { preconditionFailure("nothing is learnt") }
    return learnt
  }

  /// Whether something may happen that no rank says.
  var mustLook: Bool { !books.isClosed || !books.overdue.isEmpty || books.ranks.contains { $0.waits } }

  func arrived(_ letter: Letter, from rank: Int) { inbox.append((rank, letter)) }

  /// One turn of the loop; true if anything happened.
  func look() throws -> Bool {
    hasMoved = false
    let mayBeStuck = !books.overdue.isEmpty
    coordinator.advance(to: world.now)
    books.advance(to: world.now)
    for (rank, letter) in inbox { try take(letter, from: rank) }
    inbox.removeAll(keepingCapacity: true)
    for letter in own.said { try take(letter, from: 0) }
    own.said.removeAll(keepingCapacity: true)
    for report in own.takeReports() { try take(.report(report), from: 0) }
    try supply()
    try follow(mayBeStuck)
    return hasMoved
  }

  private func join(_ rank: Int) {
    let threads = schedule.ranks[rank].threads
    coordinator.handle(.joined(worker: rank, threads: threads))
    books.joined(rank, threads: threads, at: world.now)
  }

  func gone(_ rank: Int) throws {
    // Both an item and chance may end it.
    coordinator.handle(.lost(worker: rank))
    if books.ranks[rank].isGone { return }
    if books.ranks[rank].holdsQuarantined { figures.fatal += 1 }
    world.note("rank 0 hears that rank \(rank) is gone")
    try books.gone(rank, at: world.now)
  }

  /// The map ends early: the ranks begin nothing more.
  func stopEarly() {
    world.note("the map is told to stop")
    coordinator.handle(.stopped)
    books.stopped()
  }

  func refuse() {
    world.note("the map is refused")
    coordinator.handle(.refused)
    books.refused()
  }

  /// What comes while the map runs.
  private func supply() throws {
    guard let supply = schedule.supply, !books.isClosed, world.now >= nextSupply else { return }
    let (demand, limited) = (coordinator.demand, books.bound < books.count || books.isStopped)
    if limited, demand > 0 { throw Violation("\(demand) items are wanted, and none would be begun") }
    if toCome == 0 || supply.closes.map({ $0 <= world.now }) == true {
      world.note("no more items come, of \(books.count)")
      coordinator.handle(.closed)
      books.closed()
      guard coordinator.demand == 0 else { throw Violation("items are wanted, and none come any more") }
    } else if demand > 0 {
      let more = world.random.one(in: 1...min(demand, supply.most, toCome))
      world.note("\(more) items come")
      coordinator.handle(.supplied(more))
      books.supplied(more)
      toCome -= more
      figures.portions += 1
      guard coordinator.demand == demand - more else {
        throw Violation("\(demand) items were wanted, \(more) came, and \(coordinator.demand) are wanted")
      }
    } else {
      if !limited, books.unstarted == 0 { throw Violation("no items are wanted, and none are there") }
      return
    }
    hasMoved = true
    nextSupply = world.now + world.random.below(supply.pause + 1)
  }

  // MARK: Following

  /// Does what the coordinator wants done.
  private func follow(_ mayBeStuck: Bool) throws {
    var effects = 0
    while let effect = coordinator.nextEffect() {
      effects += 1
      guard effects < 10_000 + 10 * schedule.count else { throw Violation("there is no end to what is to be done") }
      try follow(effect)
      if ending != nil { break }
    }
    if ending == .results, let effect = coordinator.nextEffect() { throw Violation("after the end comes \(effect)") }
    try books.consequences.checkThatAllCame()
    if mayBeStuck, ending == nil, let stuck = books.stuckItem(at: world.now) {
      throw Violation("item \(stuck.item) keeps all from going on, and nothing is said")
    }
    if ending == nil, books.isFinished, books.areAllHere, books.repetitions.underWay.isEmpty {
      throw Violation("all is done, and it hasn't finished")
    }
  }

  private func follow(_ effect: Effect) throws {
    switch effect {
    case .give(let worker, let chunk, let isRepetition):
      hasMoved = true
      try give(chunk, to: worker, isRepetition)
    case .recall(let worker):
      hasMoved = true
      figures.recalls += 1
      world.note("rank 0 recalls from rank \(worker)")
      try books.asked(worker)
      if worker > 0 { return world.send(.recall, rank: worker) }
      try take(.returned(own.recall()), from: 0)
    case .limit(let bound):
      try books.consequences.came(.limit(bound))
      own.lower(to: bound)
      for rank in books.ranks.indices where rank > 0 && (books.ranks[rank].isThere || books.ranks[rank].waits) {
        world.send(.stop(bound), rank: rank)
      }
    case .released(let worker, let chunk): try books.consequences.came(.released(worker: worker, chunk))
    case .shortened(let worker, let range): try books.consequences.came(.shortened(worker: worker, range))
    case .failed(let failure, let tries): try books.consequences.came(.failed(failure.index, tries: tries))
    case .compare(let index, let first, let second, _):
      figures.compared += 1
      try books.consequences.came(.compare(index, first: first, second: second))
    case .stuck(let index, let worker, let nanoseconds):
      guard let stuck = books.stuckItem(at: world.now),
        (index, worker, nanoseconds) == (stuck.item, stuck.rank, world.now - stuck.since)
      else { throw Violation("\(effect), and it isn't") }
      ending = .stuck(index)
    case .finished:
      try books.finished()
      ending =
        books.isRefused
        ? .refused : schedule.failuresDecide && books.bound < books.count ? .threw(books.bound) : .results
    }
  }

  private func give(_ chunk: Range<Int>, to rank: Int, _ isRepetition: Bool) throws {
    world.note("rank 0 gives \(chunk) to rank \(rank)\(isRepetition ? " again" : "")")
    if isRepetition {
      try books.gaveAgain(chunk, to: rank)
    } else {
      figures.chunks += 1
      try books.gave(chunk, to: rank)
      if books.ranks[rank].holdsQuarantined { figures.alone += 1 }
    }
    var sent = chunk
    if rank > 0, !schedule.results.isEmpty, let item = chunk.first(where: { schedule.results[$0] == .cannotBeSent }) {
      world.note("item \(item) can't be sent")
      let failure = ItemFailure(index: item, error: SimulatedRank.Failure())
      coordinator.handle(.unsendable(worker: rank, chunk: chunk, failure))
      try books.unsendable(item, of: chunk, to: rank)
      sent = chunk.lowerBound..<item
    }
    if sent.isEmpty { return }
    if rank == 0 { own.submit(sent) } else { world.send(.work(sent), rank: rank) }
  }

  // MARK: Taking

  private func take(_ letter: Letter, from rank: Int) throws {
    hasMoved = true
    // What comes after the news that it's gone is nobody's.
    let isGone = books.ranks[rank].isGone
    switch letter {
    case .entered: if !isGone { join(rank) }
    case .report(let report):
      let report = readable(report, from: rank)
      world.note("rank \(rank) returns \(report.completed) of \(report.chunk), failed: \(report.failures.map(\.index))")
      coordinator.handle(.report(worker: rank, report))
      if !isGone { try books.reported(report, by: rank) }
    case .returned(let ranges):
      world.note("rank \(rank) returns \(ranges)")
      coordinator.handle(.returned(worker: rank, ranges))
      // One that wasn't asked answers a map before this one.
      guard !isGone, books.ranks[rank].isAsked else { return }
      figures.returned += ranges.count
      books.answered(rank)
      try books.returned(ranges, by: rank)
    case .overdue(let report):
      world.note("on rank \(rank) \(report.items.map(\.index)) are overdue; it returns \(report.returned)")
      coordinator.handle(.overdue(worker: rank, report))
      if isGone { return }
      figures.overdue += report.items.count
      try books.overdue(report, on: rank, at: world.now)
    case .work, .stop, .recall: throw Violation("rank 0 gets \(letter)")
    }
  }

  /// What stands behind a result that can't be read is lost.
  private func readable(_ report: ChunkReport, from rank: Int) -> ChunkReport {
    guard rank > 0, !schedule.results.isEmpty,
      let item = report.computed.lazy.joined().first(where: { schedule.results[$0] == .resultCannotBeRead })
    else { return report }
    var readable = report
    readable.failures.removeAll { $0.index > item }
    readable.failures.append(ItemFailure(index: item, error: SimulatedRank.Failure()))
    readable.completed = item + 1 - report.chunk.lowerBound
    return readable
  }

  // MARK: Checking

  /// The coordinator says what the books say, of all that has changed.
  func check() throws {
    for rank in books.takeChanged() {
      let (said, right) = (coordinator.held(by: rank), books.ranks[rank].held)
      guard said.count == right.count, said.indices.allSatisfy({ said[$0] == right[$0].chunk }) else {
        throw Violation("the coordinator says that rank \(rank) holds \(said), and it is \(right)")
      }
      let journal = books.consequences.journal[rank]
      guard journal == said else {
        throw Violation("by what is said rank \(rank) has \(journal) in hand, and it is \(said)")
      }
    }
    try same(coordinator.count, books.count, "items are there")
    try same(coordinator.completed, books.done, "items are done")
    try same(coordinator.bound, books.bound, "is the bound")
    try same(coordinator.settledThrough, books.settledThrough, "items are settled")
    guard coordinator.settledThrough >= settledThrough else { throw Violation("what was settled isn't any more") }
    settledThrough = coordinator.settledThrough
    guard coordinator.isStuck == books.isStuck else {
      throw Violation("the coordinator says that it is \(books.isStuck ? "not " : "")stuck")
    }
    guard coordinator.isStranded == books.isStranded else {
      throw Violation("the coordinator says that it is \(books.isStranded ? "not " : "")stranded")
    }
    guard coordinator.holdsNothing == (books.heldChunks == 0) else { throw Violation("it isn't known what is held") }
    // A queue keeps what it has given out until that is 65 entries, or half of it.
    let earlier = schedule.done.count + 2 * schedule.alone.count + schedule.failedBefore.count
    let room = 200 + 8 * books.ranks.count + 2 * books.mostChunks + 2 * books.failures.open + earlier
    guard coordinator.footprint <= room else {
      throw Violation("the coordinator keeps \(coordinator.footprint) entries for \(books.mostChunks) chunks")
    }
    figures.footprint = max(figures.footprint, coordinator.footprint)
    figures.again = books.failures.again
    guard ending == nil, !books.isStopped,
      books.unstarted > 0 || !books.failures.waiting.isEmpty || !books.quarantine.isEmpty
    else { return }
    for rank in books.ranks.indices where books.ranks[rank].idleThreads > 0 && books.mayBeGiven(rank) {
      throw Violation(
        "rank \(rank) has nothing to do, while \(books.unstarted) items wait, and \(books.failures.waiting), "
          + "and suspects \(books.quarantine)")
    }
  }

  private func same(_ said: Int, _ right: Int, _ what: String) throws {
    guard said == right else { throw Violation("the coordinator says that \(said) \(what), and it is \(right)") }
  }
}
