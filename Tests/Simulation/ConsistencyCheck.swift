/// Counts all items from scratch, on the ranks and in the messages in flight, and compares the counts with the
/// reference model.
struct ConsistencyCheck {
  private let schedule: Schedule
  private let environment: Environment
  private let ranks: [SimulatedRank]
  private let root: SimulatedRoot

  init(_ schedule: Schedule, _ environment: Environment, _ ranks: [SimulatedRank], _ root: SimulatedRoot) {
    self.schedule = schedule
    self.environment = environment
    self.ranks = ranks
    self.root = root
  }

  func check() throws {
    try checkStates()
    let locations = locations()
    for rank in ranks where root.model.ranks[rank.index].isPresent && !rank.hasDied {
      let found = locations[rank.index].sorted { $0.lowerBound < $1.lowerBound }
      let again = root.model.repetitions.inProgress.filter { $0.value == rank.index }.keys.map { $0..<($0 + 1) }
      let booked = (root.model.ranks[rank.index].held.map(\.chunk) + again).sorted { $0.lowerBound < $1.lowerBound }
      guard ConsistencyCheck.merged(found) == ConsistencyCheck.merged(booked) else {
        throw Violation("rank \(rank.index) and its messages hold \(found), but the model expects \(booked)")
      }
    }
  }

  /// Returns the ranges that each rank holds, including those in messages to and from it.
  private func locations() -> [[Range<Int>]] {
    var found: [[Range<Int>]] = Array(repeating: [], count: ranks.count)
    for rank in ranks {
      let tasks = rank.participant.running.map(\.task) + rank.participant.waiting + rank.finished
      found[rank.index] += tasks.map(\.cursor.kept)
      for message in rank.outbox { found[rank.index] += ConsistencyCheck.ranges(in: message) }
    }
    for event in environment.queue.events where event.kind == .arrives {
      found[event.rank] += ConsistencyCheck.ranges(in: environment.message(at: event.place))
    }
    for (rank, message) in root.inbox { found[rank] += ConsistencyCheck.ranges(in: message) }
    return found
  }

  private static func ranges(in message: SimulatedMessage) -> [Range<Int>] {
    switch message {
    case .work(let chunk): [chunk]
    case .report(let report): [report.chunk]
    case .returned(let ranges): ranges
    case .overdue(let report): report.returned
    default: []
    }
  }

  /// Merges adjacent ranges, as a chunk may have been cut in two. Duplicates remain.
  private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var merged: [Range<Int>] = []
    for range in ranges where !range.isEmpty {
      if let last = merged.last, last.upperBound == range.lowerBound {
        merged[merged.count - 1] = last.lowerBound..<range.upperBound
      } else {
        merged.append(range)
      }
    }
    return merged
  }

  private func checkStates() throws {
    let model = root.model
    var (done, unstarted, again, held, quarantine) = (0, 0, 0, 0, 0)
    for item in 0..<model.count {
      switch model.state[item] {
      case .unstarted: unstarted += item < model.bound ? 1 : 0
      case .quarantined: quarantine += item < model.bound ? 1 : 0
      case .toBeRetried: again += item < model.bound ? 1 : 0
      case .held: held += 1
      case .done, .failed: done += 1
      }
    }
    var booked = 0
    for rank in model.ranks { for chunk in rank.held { booked += chunk.items.count } }
    guard quarantine == model.quarantine.count else {
      throw Violation("\(quarantine) quarantined items wait, but the model expects \(model.quarantine)")
    }
    guard done == model.done, unstarted == model.unstarted, again == model.failures.waiting.count, held == booked else {
      throw Violation(
        "\(done) items are done, \(unstarted) unstarted, \(again) to be retried, \(held) held, but the model expects "
          + "\(model.done), \(model.unstarted), \(model.failures.waiting), \(booked)")
    }
  }
}
