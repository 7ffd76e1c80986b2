/// The statistics of one or more simulated maps.
package struct Statistics: Sendable, Equatable {
  package internal(set) var steps = 0
  /// The time until the end, in nanoseconds.
  package internal(set) var time = 0
  package internal(set) var chunks = 0
  package internal(set) var recalls = 0
  package internal(set) var returned = 0
  package internal(set) var overdue = 0
  /// The number of failures that were followed by a retry.
  package internal(set) var retried = 0
  package internal(set) var footprint = 0
  package internal(set) var ending = Ending.results
  /// The number of maps by their ending.
  package internal(set) var results = 0
  package internal(set) var errors = 0
  package internal(set) var decided = 0
  package internal(set) var stuck = 0
  package internal(set) var stranded = 0
  package internal(set) var stopped = 0
  package internal(set) var refused = 0
  /// The number of times that items were added while a map ran.
  package internal(set) var additions = 0
  /// The number of items computed by two ranks.
  package internal(set) var compared = 0
  /// The number of quarantined items that were assigned, and of those that killed their rank.
  package internal(set) var quarantined = 0
  package internal(set) var fatal = 0

  package init() {}

  package enum Ending: Sendable, Equatable {
    /// All items have results, except those that failed.
    case results
    /// This item's error ends the map.
    case threw(Int)
    /// This item's result ends the map.
    case decided(Int)
    /// The job ends because this item is overdue.
    case stuck(Int)
    /// Only quarantined items and rank 0 are left.
    case stranded
    /// The map was stopped early.
    case stopped
    /// The map turned out to be invalid.
    case refused
  }

  package mutating func add(_ other: Statistics) {
    steps += other.steps
    chunks += other.chunks
    recalls += other.recalls
    returned += other.returned
    overdue += other.overdue
    retried += other.retried
    footprint = max(footprint, other.footprint)
    results += other.results
    errors += other.errors
    decided += other.decided
    stuck += other.stuck
    stranded += other.stranded
    stopped += other.stopped
    refused += other.refused
    additions += other.additions
    compared += other.compared
    quarantined += other.quarantined
    fatal += other.fatal
  }

  /// Returns what happened too rarely in this number of schedules to be tested.
  package func rarities(in schedules: Int) -> [String] {
    let expected: [(name: String, found: Int, share: Double)] = [
      ("recalls", recalls, 0.3), ("ranges returned", returned, 0.2), ("overdue items", overdue, 0.4),
      ("retries", retried, 0.4), ("maps with results", results, 0.4), ("maps with an error", errors, 0.08),
      ("decided maps", decided, 0.02), ("stuck maps", stuck, 0.016), ("quarantined items assigned", quarantined, 0.4),
      ("fatal quarantined items", fatal, 0.04),
      ("stranded maps", stranded, 0.004), ("stopped maps", stopped, 0.004), ("refused maps", refused, 0.004),
      ("additions", additions, 0.4), ("comparisons", compared, 0.2),
    ]
    return expected.filter { $0.found < Int($0.share * Double(schedules) / 2) }.map { "\($0.found) \($0.name)" }
  }
}

extension Statistics: CustomStringConvertible {
  package var description: String {
    "\(steps) steps, \(chunks) chunks, \(recalls) recalls, \(returned) ranges returned, \(overdue) overdue items, "
      + "\(retried) retries, at most \(footprint) entries in the model, \(results) with results, "
      + "\(errors) with an error, \(decided) decided, \(stuck) stuck, \(stranded) stranded, \(stopped) stopped, "
      + "\(refused) refused, items added \(additions) times, \(compared) items compared, "
      + "\(quarantined) quarantined items assigned, \(fatal) of them fatal"
  }
}
