import SeppoEngine

/// A map on simulated ranks, with messages that are under way and a clock, all from one seed: the coordinator and the
/// participants as they are, but for the items. After every step what the coordinator says is held against what is.
package final class Simulation {
  private let schedule: Schedule
  private let world: World
  private let ranks: [SimulatedRank]
  private let root: SimulatedRoot
  private var figures = Figures()
  private var rootWillLook = false
  /// Rank 0 looks again after so long, where nothing happens.
  private var pause = Simulation.shortest
  /// Says which of rank 0's pauses is the last.
  private var pauses = 0
  private var hungryLooks = 0

  private static let shortest = 20_000

  /// - Parameter trace: is told all that happens.
  package init(_ schedule: Schedule, trace: ((String) -> Void)? = nil) {
    self.schedule = schedule
    let world = World(schedule, trace: trace)
    self.world = world
    ranks = schedule.ranks.indices.map { SimulatedRank($0, world) }
    root = SimulatedRoot(world, own: ranks[0])
    ranks[0].isThere = true
    for (rank, itself) in schedule.ranks.enumerated() {
      if rank > 0 { world.after(itself.comes, .comes, rank: rank) }
      if let vanishes = itself.vanishes {
        world.after(vanishes, .vanishes, rank: rank)
        world.after(vanishes + itself.noticed, .noticed, rank: rank)
      }
    }
    if let stops = schedule.stops { world.after(stops, .stops, rank: 0) }
    if let refuses = schedule.refuses { world.after(refuses, .refuses, rank: 0) }
    world.after(0, .rootLooks, rank: 0)
  }

  /// Until the map has ended; throws a `Violation` where it goes against the books.
  package func run() throws -> Figures {
    do { return try runToTheEnd() } catch {
      for rank in ranks {
        let itself = root.books.ranks[rank.index]
        world.note(
          "the books say of rank \(rank.index): \(itself.isThere ? "there" : "not there"), holds "
            + itself.held.map { "\($0.chunk)\($0.isOverdue ? " overdue" : "")" }.joined(separator: ", ")
            + "; it has \(rank.left) items that aren't begun")
      }
      throw error
    }
  }

  private func runToTheEnd() throws -> Figures {
    let (longest, mostSteps) = (schedule.longest, 20_000 + 200 * schedule.count * schedule.ranks.count)
    var ending: Figures.Ending?
    while ending == nil {
      guard let event = world.next() else { throw Violation("nothing is under way, and the map hasn't ended") }
      figures.steps += 1
      guard world.now <= longest else { throw Violation("it isn't done after \(world.now) ns") }
      guard figures.steps <= mostSteps else { throw Violation("it isn't done after \(figures.steps) steps") }
      ending = try handle(event)
      if figures.steps % max(64, schedule.count / 4) == 0 { try Census(schedule, world, ranks, root).check() }
    }
    try Census(schedule, world, ranks, root).check()
    figures.add(root.figures)
    figures.time = world.now
    figures.ending = ending ?? .results
    switch figures.ending {
    case .results: figures.results = 1
    case .threw: figures.errors = 1
    case .stuck: figures.stuck = 1
    case .stranded: figures.stranded = 1
    case .stopped: figures.stopped = 1
    case .refused: figures.refused = 1
    }
    try Oracle(schedule, root, figures.ending).check()
    return figures
  }

  private func handle(_ event: EventQueue.Event) throws -> Figures.Ending? {
    let rank = ranks[event.rank]
    let isRoots = event.kind == .rootLooks
    if event.kind == .noticed {
      try root.gone(event.rank)
      lookSoon()
      return nil
    }
    if event.kind == .arrives, !world.letter(at: event.place).comesFromRoot {
      root.arrived(world.takeLetter(at: event.place), from: event.rank)
      lookSoon()
      return nil
    }
    if rank.hasVanished {
      if event.kind == .arrives { _ = world.takeLetter(at: event.place) }
      return nil
    }
    if freezes(rank, event) { return nil }
    switch event.kind {
    case .arrives: try arrived(world.takeLetter(at: event.place), at: rank)
    case .computed: rank.computed(event.place, token: event.token)
    case .timeIsUp: rank.timeIsUp(event.place, token: event.token)
    case .rankLooks: report(rank)
    case .comes:
      rank.isThere = true
      // An answer that the map before this one asked for.
      if world.random.percent(10) { world.send(.returned([]), rank: event.rank) }
      world.send(.entered, rank: event.rank)
    case .vanishes:
      world.note("rank \(event.rank) vanishes")
      rank.hasVanished = true
    case .stops:
      root.stopEarly()
      lookSoon()
    case .refuses:
      root.refuse()
      lookSoon()
    case .rootLooks, .noticed: break
    }
    if isRoots, event.token == 0 || event.token == pauses { return try look() }
    return nil
  }

  /// While a rank stalls, nothing goes on there; then all that should have.
  private func freezes(_ rank: SimulatedRank, _ event: EventQueue.Event) -> Bool {
    if event.kind == .vanishes { return false }
    guard let stall = schedule.ranks[rank.index].stalls.first(where: { $0.from <= world.now && world.now < $0.until })
    else { return false }
    world.after(stall.until - world.now, event.kind, rank: event.rank, place: event.place, token: event.token)
    return true
  }

  private func arrived(_ letter: Letter, at rank: SimulatedRank) throws {
    switch letter {
    case .work(let chunk): rank.submit(chunk)
    case .stop(let bound): rank.lower(to: bound)
    case .recall: try world.send(.returned(rank.recall()), rank: rank.index)
    default: preconditionFailure("a letter to rank 0")
    }
    report(rank)
  }

  private func report(_ rank: SimulatedRank) {
    for report in rank.takeReports() { world.send(.report(report), rank: rank.index) }
  }

  private func lookSoon() {
    if rootWillLook { return }
    rootWillLook = true
    world.after(world.look(), .rootLooks, rank: 0)
  }

  private func look() throws -> Figures.Ending? {
    rootWillLook = false
    let hasMoved = try root.look()
    try root.check()
    if let ending = root.ending { return ending }
    if root.books.isStopped, root.coordinator.holdsNothing, !root.books.repetitions.hasBegun { return .stopped }
    if root.coordinator.isStranded { return .stranded }
    try checkThatNobodyGoesHungry(hasMoved)
    pause = hasMoved ? Simulation.shortest : min(pause * 3 / 2, 1 << 40)
    // What is due at a certain time only the coordinator knows, so that rank 0 looks now and then.
    if hasIdleThread || root.mustLook {
      pauses += 1
      world.after(pause, .rootLooks, rank: 0, token: pauses)
    }
    return nil
  }

  private var hasIdleThread: Bool { root.books.ranks.contains { $0.isThere && $0.idleThreads > 0 } }

  /// Where a thread has nothing to do, and another rank holds what it hasn't begun, that is recalled before long. A rank
  /// that should be done in a moment isn't asked; that passes, as the looks are ever longer apart.
  private func checkThatNobodyGoesHungry(_ hasMoved: Bool) throws {
    hungryLooks = !hasMoved && isSomebodyHungry ? hungryLooks + 1 : 0
    if hungryLooks > 10 {
      throw Violation("a thread has nothing to do, nothing is under way, and nothing is recalled")
    }
  }

  private var isSomebodyHungry: Bool {
    let books = root.books
    guard world.lettersUnderWay == 0, books.unstarted == 0, !books.isStopped, !books.repetitions.hasBegun else {
      return false
    }
    var (isOneIdle, hasOneMore) = (false, false)
    for rank in ranks where books.ranks[rank.index].isThere {
      if rank.hasVanished || !rank.finished.isEmpty || !rank.said.isEmpty { return false }
      if schedule.ranks[rank.index].stalls.contains(where: { $0.from <= world.now && world.now < $0.until }) {
        return false
      }
      let itself = books.ranks[rank.index]
      if itself.idleThreads > 0 { isOneIdle = true }
      // The scheduler goes by units, also where their items are begun one by one.
      let unit = schedule.rule.unit
      let areMore =
        itself.held.count > itself.threads || itself.held.contains { $0.chunk.count > unit && !$0.isOverdue }
      if rank.left > 0, areMore { hasOneMore = true }
    }
    return isOneIdle && hasOneMore
  }
}
