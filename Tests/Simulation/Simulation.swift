import SeppoEngine

/// Simulates a map on several ranks, with a clock and messages in flight, all from one seed. The coordinator and the
/// participants are the real ones; only the items are simulated. After every step, the coordinator is compared with a
/// reference model.
package final class Simulation {
  private let schedule: Schedule
  private let environment: Environment
  private let ranks: [SimulatedRank]
  private let root: SimulatedRoot
  private var statistics = Statistics()
  private var rootWillPoll = false
  /// The time until rank 0 polls again if nothing happens, in nanoseconds.
  private var pause = Simulation.shortest
  /// Identifies rank 0's current pause.
  private var pauses = 0
  private var starvingPolls = 0

  private static let shortest = 20_000

  /// - Parameter trace: called with a line for everything that happens.
  package init(_ schedule: Schedule, trace: ((String) -> Void)? = nil) {
    self.schedule = schedule
    let environment = Environment(schedule, trace: trace)
    self.environment = environment
    ranks = schedule.ranks.indices.map { SimulatedRank($0, environment) }
    root = SimulatedRoot(environment, own: ranks[0])
    ranks[0].isPresent = true
    for (rank, itself) in schedule.ranks.enumerated() {
      if rank > 0 { environment.after(itself.joinsAt, .joins, rank: rank) }
      if let diesAt = itself.diesAt {
        environment.after(diesAt, .dies, rank: rank)
        environment.after(diesAt + itself.noticedAfter, .deathNoticed, rank: rank)
      }
    }
    if let stops = schedule.stops { environment.after(stops, .stops, rank: 0) }
    if let refuses = schedule.refuses { environment.after(refuses, .refuses, rank: 0) }
    environment.after(0, .rootPolls, rank: 0)
  }

  /// Runs the map to its end. Throws a `Violation` if it deviates from the reference model.
  package func run() throws -> Statistics {
    do { return try runToTheEnd() } catch {
      for rank in ranks {
        let itself = root.model.ranks[rank.index]
        environment.note(
          "rank \(rank.index) in the model: \(itself.isPresent ? "present" : "absent"), holds "
            + itself.held.map { "\($0.chunk)\($0.isOverdue ? " overdue" : "")" }.joined(separator: ", ")
            + "; it has \(rank.unstartedCount) unstarted items")
      }
      throw error
    }
  }

  private func runToTheEnd() throws -> Statistics {
    let (longest, mostSteps) = (schedule.longest, 20_000 + 200 * schedule.count * schedule.ranks.count)
    var ending: Statistics.Ending?
    while ending == nil {
      guard let event = environment.next() else { throw Violation("no event is left, but the map hasn't ended") }
      statistics.steps += 1
      guard environment.now <= longest else { throw Violation("the map hasn't ended after \(environment.now) ns") }
      guard statistics.steps <= mostSteps else {
        throw Violation("the map hasn't ended after \(statistics.steps) steps")
      }
      ending = try handle(event)
      if statistics.steps % max(64, schedule.count / 4) == 0 {
        try ConsistencyCheck(schedule, environment, ranks, root).check()
      }
    }
    try ConsistencyCheck(schedule, environment, ranks, root).check()
    statistics.add(root.statistics)
    statistics.time = environment.now
    statistics.ending = ending ?? .results
    switch statistics.ending {
    case .results: statistics.results = 1
    case .threw: statistics.errors = 1
    case .decided: statistics.decided = 1
    case .stuck: statistics.stuck = 1
    case .stranded: statistics.stranded = 1
    case .stopped: statistics.stopped = 1
    case .refused: statistics.refused = 1
    }
    try Oracle(schedule, root, statistics.ending).check()
    return statistics
  }

  private func handle(_ event: EventQueue.Event) throws -> Statistics.Ending? {
    let rank = ranks[event.rank]
    let isRoots = event.kind == .rootPolls
    if event.kind == .deathNoticed {
      try root.lost(event.rank)
      pollSoon()
      return nil
    }
    if event.kind == .arrives, !environment.message(at: event.place).comesFromRoot {
      root.arrived(environment.takeMessage(at: event.place), from: event.rank)
      pollSoon()
      return nil
    }
    if rank.hasDied {
      if event.kind == .arrives { _ = environment.takeMessage(at: event.place) }
      return nil
    }
    if delayIfStalled(rank, event) { return nil }
    switch event.kind {
    case .arrives: try arrived(environment.takeMessage(at: event.place), at: rank)
    case .computed: rank.computed(event.place, token: event.token)
    case .timeIsUp: rank.timeIsUp(event.place, token: event.token)
    case .rankPolls: report(rank)
    case .joins:
      rank.isPresent = true
      // The reply to a recall of the previous map.
      if environment.random.percent(10) { environment.send(.returned([]), rank: event.rank) }
      environment.send(.entered, rank: event.rank)
    case .dies:
      environment.note("rank \(event.rank) dies")
      rank.hasDied = true
    case .stops:
      root.stopEarly()
      pollSoon()
    case .refuses:
      root.refuse()
      pollSoon()
    case .rootPolls, .deathNoticed: break
    }
    if isRoots, event.token == 0 || event.token == pauses { return try poll() }
    return nil
  }

  /// Delays all events of a rank until the end of its stall.
  private func delayIfStalled(_ rank: SimulatedRank, _ event: EventQueue.Event) -> Bool {
    if event.kind == .dies { return false }
    guard
      let stall = schedule.ranks[rank.index].stalls.first(where: {
        $0.from <= environment.now && environment.now < $0.until
      })
    else { return false }
    environment.after(
      stall.until - environment.now, event.kind, rank: event.rank, place: event.place, token: event.token)
    return true
  }

  private func arrived(_ message: SimulatedMessage, at rank: SimulatedRank) throws {
    switch message {
    case .work(let chunk): rank.submit(chunk)
    case .stop(let bound): rank.lower(to: bound)
    case .recall: try environment.send(.returned(rank.recall()), rank: rank.index)
    default: preconditionFailure("rank \(rank.index) receives a message meant for rank 0")
    }
    report(rank)
  }

  private func report(_ rank: SimulatedRank) {
    for report in rank.takeReports() { environment.send(.report(report), rank: rank.index) }
  }

  private func pollSoon() {
    if rootWillPoll { return }
    rootWillPoll = true
    environment.after(environment.pollDelay(), .rootPolls, rank: 0)
  }

  private func poll() throws -> Statistics.Ending? {
    rootWillPoll = false
    let hasProgressed = try root.poll()
    try root.check()
    if let ending = root.ending { return ending }
    if root.model.isStopped, root.coordinator.holdsNothing, !root.model.repetitions.hasStarted { return .stopped }
    if root.coordinator.isStranded { return .stranded }
    try checkNoStarvation(hasProgressed)
    pause = hasProgressed ? Simulation.shortest : min(pause * 3 / 2, 1 << 40)
    // Only the coordinator knows what is due at a certain time, so rank 0 polls now and then.
    if hasIdleThread || root.mustPoll {
      pauses += 1
      environment.after(pause, .rootPolls, rank: 0, token: pauses)
    }
    return nil
  }

  private var hasIdleThread: Bool { root.model.ranks.contains { $0.isPresent && $0.idleThreads > 0 } }

  /// Checks that unstarted items are recalled soon if a thread is idle. A rank that is about to finish isn't asked, but
  /// that passes, as polls become less frequent.
  private func checkNoStarvation(_ hasProgressed: Bool) throws {
    starvingPolls = !hasProgressed && isStarving ? starvingPolls + 1 : 0
    if starvingPolls > 10 {
      throw Violation("a thread is idle, no message is in flight, and nothing is recalled")
    }
  }

  private var isStarving: Bool {
    let model = root.model
    guard environment.messagesInFlight == 0, model.unstarted == 0, !model.isStopped, !model.repetitions.hasStarted
    else {
      return false
    }
    var (isOneIdle, hasOneMore) = (false, false)
    for rank in ranks where model.ranks[rank.index].isPresent {
      if rank.hasDied || !rank.finished.isEmpty || !rank.outbox.isEmpty { return false }
      if schedule.ranks[rank.index].stalls.contains(where: { $0.from <= environment.now && environment.now < $0.until })
      {
        return false
      }
      let itself = model.ranks[rank.index]
      if itself.idleThreads > 0 { isOneIdle = true }
      // The scheduler counts in units, even if the items of a unit are started one by one.
      let unit = schedule.rule.unit
      let areMore =
        itself.held.count > itself.threads || itself.held.contains { $0.chunk.count > unit && !$0.isOverdue }
      if rank.unstartedCount > 0, areMore { hasOneMore = true }
    }
    return isOneIdle && hasOneMore
  }
}
