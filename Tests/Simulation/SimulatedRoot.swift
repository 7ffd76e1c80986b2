import SeppoEngine

/// Rank 0's thread in the call: drives the scheduler as `RootMap` does, and holds all it says against the books.
final class SimulatedRoot {
  private(set) var scheduler: Scheduler
  let books: Books
  private let world: World
  private let schedule: Schedule
  /// Rank 0's own compute threads.
  private let own: SimulatedRank
  private var inbox: [(rank: Int, letter: Letter)] = []
  /// How often the result of each item was taken.
  private(set) var taken: [Int]
  private(set) var figures = Figures()
  private var hasMoved = false

  init(_ world: World, own: SimulatedRank) {
    self.world = world
    self.own = own
    schedule = world.schedule
    books = Books(schedule)
    taken = Array(repeating: 0, count: schedule.count)
    scheduler = Scheduler(
      count: schedule.count, ranks: schedule.ranks.count, rule: schedule.rule, largest: schedule.largest,
      retries: schedule.retries, failuresDecide: schedule.failuresDecide, calibration: schedule.learnt.map(Self.learnt),
      done: schedule.done, alone: schedule.alone)
    for item in schedule.failedBefore { scheduler.failedBefore(index: item) }
    join(0)
  }

  /// As a map would have learnt it whose items took so long.
  private static func learnt(_ nanoseconds: Int) -> Calibration {
    var scheduler = Scheduler(count: 1, ranks: 1, rule: .automatic)
    scheduler.joined(rank: 0, threads: 1)
    guard let first = scheduler.nextAssignment() else { preconditionFailure("nothing is given") }
    scheduler.returned(rank: 0, chunk: first.chunk, completed: 1, nanoseconds: nanoseconds)
    guard let learnt = scheduler.calibration else { preconditionFailure("nothing is learnt") }
    return learnt
  }

  var hasLetters: Bool { !inbox.isEmpty }
  var lettersThere: [(rank: Int, letter: Letter)] { inbox }

  func arrived(_ letter: Letter, from rank: Int) {
    // The connection is closed.
    if !books.ranks[rank].isGone { inbox.append((rank, letter)) }
  }

  /// One turn of the loop; true if anything happened.
  func look() throws -> Bool {
    hasMoved = false
    scheduler.advance(to: world.now)
    for (rank, letter) in inbox {
      // What comes after the news that it's gone is nobody's.
      if !books.ranks[rank].isGone { try take(letter, from: rank) }
    }
    inbox.removeAll(keepingCapacity: true)
    for letter in own.said { try take(letter, from: 0) }
    own.said.removeAll(keepingCapacity: true)
    for report in own.takeReports() { try take(report, from: 0) }
    try handOut()
    return hasMoved
  }

  private func join(_ rank: Int) {
    let threads = schedule.ranks[rank].threads
    scheduler.joined(rank: rank, threads: threads)
    books.joined(rank, threads: threads)
  }

  func gone(_ rank: Int) throws {
    // Both an item and chance may end it.
    if books.ranks[rank].isGone { return }
    if books.ranks[rank].holdsSuspect { figures.fatal += 1 }
    world.note("rank 0 hears that rank \(rank) is gone")
    scheduler.gone(rank: rank)
    try books.gone(rank)
  }

  /// The map ends early: the ranks begin nothing more.
  func stopEarly() {
    world.note("the map is told to stop")
    scheduler.stop()
    books.isStopped = true
    stop(at: 0)
  }

  // MARK: Handing out

  private func handOut() throws {
    var calls = 0
    while true {
      while let assignment = scheduler.nextAssignment() {
        calls += 1
        try give(assignment.chunk, to: assignment.rank)
      }
      guard let rank = scheduler.nextCallBack() else { return }
      calls += 1
      guard calls < 10_000 + 10 * schedule.count else { throw Violation("rank 0 never comes to an end of handing out") }
      hasMoved = true
      figures.callBacks += 1
      world.note("rank 0 calls back from rank \(rank)")
      try books.asked(rank)
      if rank == 0 {
        try take(.gaveBack(own.giveBack()), from: 0)
      } else {
        world.send(.callBack, rank: rank)
      }
    }
  }

  private func give(_ chunk: Range<Int>, to rank: Int) throws {
    hasMoved = true
    figures.chunks += 1
    world.note("rank 0 gives \(chunk) to rank \(rank)")
    try books.gave(chunk, to: rank)
    if books.ranks[rank].holdsSuspect { figures.alone += 1 }
    var sent = chunk
    if rank > 0, !schedule.fates.isEmpty, let item = chunk.first(where: { schedule.fates[$0] == .cannotBeSent }) {
      world.note("item \(item) can't be sent")
      scheduler.failedToSend(rank: rank, chunk: chunk, index: item)
      let verdict = try books.failed(item, on: rank, mayBeTriedAgain: false)
      try books.gaveBack(item..<chunk.upperBound, by: rank, failed: 1)
      if verdict != .known { stop() }
      sent = chunk.lowerBound..<item
    }
    if sent.isEmpty { return }
    if rank == 0 { own.submit(sent) } else { world.send(.work(sent), rank: rank) }
  }

  /// Where that decides, nothing is begun any more above the item that failed.
  private func stop() {
    if schedule.failuresDecide { stop(at: books.bound) }
  }

  private func stop(at bound: Int) {
    own.lower(to: bound)
    for rank in books.ranks.indices where rank > 0 && books.ranks[rank].isThere {
      world.send(.stop(bound), rank: rank)
    }
  }

  // MARK: Taking

  private func take(_ letter: Letter, from rank: Int) throws {
    hasMoved = true
    switch letter {
    case .entered: join(rank)
    case .report(let report): try take(report, from: rank)
    case .gaveBack(let ranges):
      world.note("rank \(rank) has given back \(ranges)")
      figures.givenBack += ranges.count
      scheduler.gaveBack(rank: rank, ranges: ranges)
      // One that wasn't asked answers a map before this one.
      guard books.ranks[rank].isAsked else { return }
      books.answered(rank)
      for range in ranges { try books.gaveBack(range, by: rank) }
    case .late(let ranges, let item):
      world.note("rank \(rank) gives back \(ranges), as items are late there\(item.map { ", now \($0)" } ?? "")")
      scheduler.gaveBack(rank: rank, ranges: ranges, behindLate: true)
      for range in ranges { try books.gaveBack(range, by: rank) }
      guard let item else { return }
      figures.late += 1
      let verdict = scheduler.late(rank: rank, index: item)
      try check(verdict, against: books.late(item, on: rank), of: item, on: rank)
    case .work, .stop, .callBack: throw Violation("rank 0 gets \(letter)")
    }
  }

  private func take(_ report: Report, from rank: Int) throws {
    hasMoved = true
    world.note("rank \(rank) returns \(report.completed) of \(report.chunk), failed: \(report.failures)")
    let isLate = books.ranks[rank].held.contains { $0.isLate && $0.chunk == report.chunk }
    for item in report.failures {
      let verdict = scheduler.threw(rank: rank, index: item)
      let isKnown = isLate && item == report.chunk.upperBound - 1
      try check(verdict, against: isKnown ? .known : books.failed(item, on: rank), of: item, on: rank)
    }
    scheduler.returned(
      rank: rank, chunk: report.chunk, completed: report.completed,
      nanoseconds: report.failures.isEmpty ? report.nanoseconds : 0, resident: report.resident)
    try books.returned(report, by: rank)
    for item in report.chunk.prefix(report.completed) where !report.failures.contains(item) { taken[item] += 1 }
  }

  private func check(
    _ verdict: Scheduler.Verdict, against right: Scheduler.Verdict, of item: Int, on rank: Int
  ) throws {
    guard verdict == right else {
      throw Violation("item \(item) failed on rank \(rank): the scheduler says \(verdict), and it is \(right)")
    }
    switch verdict {
    case .again: figures.again += 1
    case .failed: stop()
    case .known: break
    }
  }

  // MARK: Checking

  /// The scheduler says what the books say, of all that has changed.
  func check() throws {
    for rank in books.takeChanged() {
      let (said, right) = (scheduler.held(by: rank), books.ranks[rank].held)
      guard said.count == right.count, said.indices.allSatisfy({ said[$0] == right[$0].chunk }) else {
        throw Violation("the scheduler says that rank \(rank) holds \(said), and it is \(right)")
      }
    }
    try same(scheduler.completed, books.done, "items are done")
    try same(scheduler.bound, books.bound, "is the bound")
    guard scheduler.isFinished == books.isFinished else {
      throw Violation("the scheduler says that it is \(books.isFinished ? "not " : "")finished")
    }
    guard scheduler.isStuck == books.isStuck else {
      throw Violation("the scheduler says that it is \(books.isStuck ? "not " : "")stuck")
    }
    guard scheduler.isStranded == books.isStranded else {
      throw Violation("the scheduler says that it is \(books.isStranded ? "not " : "")stranded")
    }
    guard scheduler.holdsNothing == (books.heldChunks == 0) else { throw Violation("it isn't known what is held") }
    // A queue keeps what it has given out until that is 65 entries, or half of it.
    let earlier = schedule.done.count + 2 * schedule.alone.count + schedule.failedBefore.count
    let room = 200 + 8 * books.ranks.count + 2 * books.mostChunks + 2 * books.openFailures + earlier
    guard scheduler.footprint <= room else {
      throw Violation("the scheduler keeps \(scheduler.footprint) entries for \(books.mostChunks) chunks")
    }
    figures.footprint = max(figures.footprint, scheduler.footprint)
    guard !books.isStopped, books.notBegun > 0 || !books.toBeTriedAgain.isEmpty || !books.suspects.isEmpty else {
      return
    }
    for rank in books.ranks.indices where books.ranks[rank].idleThreads > 0 && books.mayBeGiven(rank) {
      throw Violation(
        "rank \(rank) has nothing to do, while \(books.notBegun) items wait, and \(books.toBeTriedAgain), "
          + "and suspects \(books.suspects)")
    }
  }

  private func same(_ said: Int, _ right: Int, _ what: String) throws {
    guard said == right else { throw Violation("the scheduler says that \(said) \(what), and it is \(right)") }
  }
}
