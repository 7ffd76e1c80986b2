/// What happened in a simulated map.
package struct Figures: Sendable, Equatable {
  package internal(set) var steps = 0
  /// Nanoseconds until the end.
  package internal(set) var time = 0
  package internal(set) var chunks = 0
  package internal(set) var recalls = 0
  package internal(set) var returned = 0
  package internal(set) var overdue = 0
  /// Verdicts that an item is to be tried again.
  package internal(set) var again = 0
  package internal(set) var footprint = 0
  package internal(set) var ending = Ending.results
  /// Maps that ended in one of these ways.
  package internal(set) var results = 0
  package internal(set) var errors = 0
  package internal(set) var stuck = 0
  package internal(set) var stranded = 0
  package internal(set) var stopped = 0
  package internal(set) var refused = 0
  /// Portions of items that came while a map ran.
  package internal(set) var portions = 0
  /// Items that were computed by two ranks.
  package internal(set) var compared = 0
  /// Chunks that were one suspect, and those of them that ended their rank.
  package internal(set) var alone = 0
  package internal(set) var fatal = 0

  package init() {}

  package enum Ending: Sendable, Equatable {
    /// Of all items, or of all but those that failed.
    case results
    /// The item decides.
    case threw(Int)
    /// The job is ended because of an item that is overdue.
    case stuck(Int)
    /// Quarantine are left, and no rank but 0.
    case stranded
    /// Early, as it was told to.
    case stopped
    /// It was found that it can't be right.
    case refused
  }

  package mutating func add(_ other: Figures) {
    steps += other.steps
    chunks += other.chunks
    recalls += other.recalls
    returned += other.returned
    overdue += other.overdue
    again += other.again
    footprint = max(footprint, other.footprint)
    results += other.results
    errors += other.errors
    stuck += other.stuck
    stranded += other.stranded
    stopped += other.stopped
    refused += other.refused
    portions += other.portions
    compared += other.compared
    alone += other.alone
    fatal += other.fatal
  }

  /// What happened too rarely in that number of schedules: what doesn't happen isn't tested.
  package func rarities(in schedules: Int) -> [String] {
    let expected: [(name: String, found: Int, share: Double)] = [
      ("recalls", recalls, 0.3), ("ranges returned", returned, 0.2), ("overdue items", overdue, 0.4),
      ("further tries", again, 0.4), ("maps with results", results, 0.4), ("maps with an error", errors, 0.08),
      ("stuck maps", stuck, 0.016), ("suspects given", alone, 0.4), ("fatal suspects", fatal, 0.04),
      ("stranded maps", stranded, 0.004), ("stopped maps", stopped, 0.004), ("refused maps", refused, 0.004),
      ("portions", portions, 0.4), ("comparisons", compared, 0.2),
    ]
    return expected.filter { $0.found < Int($0.share * Double(schedules) / 2) }.map { "\($0.found) \($0.name)" }
  }
}

extension Figures: CustomStringConvertible {
  package var description: String {
    "\(steps) steps, \(chunks) chunks, \(recalls) recalls, \(returned) ranges returned, \(overdue) times overdue, "
      + "\(again) times tried again, at most \(footprint) entries in the books, \(results) with results, "
      + "\(errors) with an error, \(stuck) stuck, \(stranded) stranded, \(stopped) stopped, "
      + "\(refused) refused, \(portions) portions came later, \(compared) items compared, "
      + "\(alone) suspects given, \(fatal) of them fatal"
  }
}
