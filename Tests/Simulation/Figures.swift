/// What happened in a simulated map.
package struct Figures: Sendable, Equatable {
  package internal(set) var steps = 0
  /// Nanoseconds until the end.
  package internal(set) var time = 0
  package internal(set) var chunks = 0
  package internal(set) var callBacks = 0
  package internal(set) var givenBack = 0
  package internal(set) var late = 0
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
  /// Chunks that were one suspect, and those of them that ended their rank.
  package internal(set) var alone = 0
  package internal(set) var fatal = 0

  package init() {}

  package enum Ending: Sendable, Equatable {
    /// Of all items, or of all but those that failed.
    case results
    /// The item decides.
    case threw(Int)
    /// The job is ended because of an item that is late.
    case stuck(Int)
    /// Suspects are left, and no rank but 0.
    case stranded
    /// Early, as it was told to.
    case stopped
  }

  package mutating func add(_ other: Figures) {
    steps += other.steps
    chunks += other.chunks
    callBacks += other.callBacks
    givenBack += other.givenBack
    late += other.late
    again += other.again
    footprint = max(footprint, other.footprint)
    results += other.results
    errors += other.errors
    stuck += other.stuck
    stranded += other.stranded
    stopped += other.stopped
    alone += other.alone
    fatal += other.fatal
  }

  /// What happened too rarely in that number of schedules: what doesn't happen isn't tested.
  package func rarities(in schedules: Int) -> [String] {
    let expected: [(name: String, found: Int, share: Double)] = [
      ("call-backs", callBacks, 0.4), ("ranges given back", givenBack, 0.4), ("late items", late, 0.4),
      ("further tries", again, 0.4), ("maps with results", results, 0.4), ("maps with an error", errors, 0.08),
      ("stuck maps", stuck, 0.016), ("suspects given", alone, 0.4), ("fatal suspects", fatal, 0.04),
      ("stranded maps", stranded, 0.004), ("stopped maps", stopped, 0.004),
    ]
    return expected.filter { $0.found < Int($0.share * Double(schedules) / 2) }.map { "\($0.found) \($0.name)" }
  }
}

extension Figures: CustomStringConvertible {
  package var description: String {
    "\(steps) steps, \(chunks) chunks, \(callBacks) call-backs, \(givenBack) ranges given back, \(late) times late, "
      + "\(again) times tried again, at most \(footprint) entries in the books, \(results) with results, "
      + "\(errors) with an error, \(stuck) stuck, \(stranded) stranded, \(stopped) stopped, "
      + "\(alone) suspects given, \(fatal) of them fatal"
  }
}
