/// Counts everything anew: where each item is, on the ranks and in the letters under way, and what the books say of it.
struct Census {
  private let schedule: Schedule
  private let world: World
  private let ranks: [SimulatedRank]
  private let root: SimulatedRoot

  init(_ schedule: Schedule, _ world: World, _ ranks: [SimulatedRank], _ root: SimulatedRoot) {
    self.schedule = schedule
    self.world = world
    self.ranks = ranks
    self.root = root
  }

  func check() throws {
    try checkStates()
    let whereabouts = whereabouts()
    for rank in ranks where root.books.ranks[rank.index].isThere && !rank.hasVanished {
      let found = whereabouts[rank.index].sorted { $0.lowerBound < $1.lowerBound }
      let again = root.books.repetitions.underWay.filter { $0.value == rank.index }.keys.map { $0..<($0 + 1) }
      let booked = (root.books.ranks[rank.index].held.map(\.chunk) + again).sorted { $0.lowerBound < $1.lowerBound }
      guard Census.merged(found) == Census.merged(booked) else {
        throw Violation("rank \(rank.index) and the letters to and from it hold \(found), the books say \(booked)")
      }
    }
  }

  /// What each rank has, and what is under way to it and from it.
  private func whereabouts() -> [[Range<Int>]] {
    var found: [[Range<Int>]] = Array(repeating: [], count: ranks.count)
    for rank in ranks {
      let tasks = rank.participant.running.map(\.task) + rank.participant.waiting + rank.finished
      found[rank.index] += tasks.map(\.cursor.kept)
      for letter in rank.said { found[rank.index] += Census.ranges(in: letter) }
    }
    for event in world.queue.events where event.kind == .arrives {
      found[event.rank] += Census.ranges(in: world.letter(at: event.place))
    }
    for (rank, letter) in root.inbox { found[rank] += Census.ranges(in: letter) }
    return found
  }

  private static func ranges(in letter: Letter) -> [Range<Int>] {
    switch letter {
    case .work(let chunk): [chunk]
    case .report(let report): [report.chunk]
    case .returned(let ranges): ranges
    case .overdue(let report): report.returned
    default: []
    }
  }

  /// Neighbours joined: a chunk that was cut in two is the same items. What is there twice stays so.
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
    let books = root.books
    var (done, unstarted, again, held, quarantine) = (0, 0, 0, 0, 0)
    for item in 0..<books.count {
      switch books.state[item] {
      case .unstarted: unstarted += item < books.bound ? 1 : 0
      case .waitsAlone: quarantine += item < books.bound ? 1 : 0
      case .toBeTriedAgain: again += item < books.bound ? 1 : 0
      case .held: held += 1
      case .done, .failed: done += 1
      }
    }
    var booked = 0
    for rank in books.ranks { for chunk in rank.held { booked += chunk.items.count } }
    guard quarantine == books.quarantine.count else {
      throw Violation("\(quarantine) suspects wait; the books say \(books.quarantine)")
    }
    guard done == books.done, unstarted == books.unstarted, again == books.failures.waiting.count, held == booked else {
      throw Violation(
        "\(done) items are done, \(unstarted) not begun, \(again) to be tried again, \(held) held; the books say "
          + "\(books.done), \(books.unstarted), \(books.failures.waiting), \(booked)")
    }
  }
}
