/// What a map may end with.
struct Oracle {
  private let schedule: Schedule
  private let books: Books
  private let taken: [Int]
  /// From the start.
  private let wasDone: [Bool]
  private let ending: Figures.Ending

  init(_ schedule: Schedule, _ root: SimulatedRoot, _ ending: Figures.Ending) {
    self.schedule = schedule
    books = root.books
    taken = root.books.taken
    wasDone = schedule.isDone
    self.ending = ending
  }

  func check() throws {
    // Up to here every item has its one fate.
    let decided: Int
    switch ending {
    case .results: decided = books.count
    case .threw(let item):
      guard item == books.failed.min() else { throw Violation("item \(item) is the error, of \(books.failed)") }
      decided = item + 1
    case .stuck(let item):
      guard schedule.timeout != nil else { throw Violation("item \(item) is overdue, and has no time") }
      decided = 0
    case .stranded:
      guard schedule.ranks.count > 1, schedule.ranks[0].comes == 0 else { throw Violation("one rank is stranded") }
      // All but the suspects.
      for item in 0..<books.bound where books.state[item] != .waitsAlone { try checkFate(of: item) }
      decided = 0
    case .refused:
      guard schedule.refuses != nil else { throw Violation("it was refused, and nobody said so") }
      decided = 0
    case .stopped:
      guard schedule.stops != nil else { throw Violation("it has stopped, and nobody said so") }
      decided = 0
    }
    for item in schedule.done.joined() where books.state[item] != .done || taken[item] > 0 {
      throw Violation("item \(item), which was done from the start, was computed")
    }
    for item in schedule.failedBefore where books.state[item] != .failed || taken[item] > 0 {
      throw Violation("item \(item), which had failed before, was computed")
    }
    for item in 0..<decided { try checkFate(of: item) }
    if case .results = ending, schedule.supply == nil || schedule.supply?.closes == nil { try checkBlocks() }
    for item in 0..<schedule.count {
      if taken[item] > 1 { throw Violation("item \(item) was computed \(taken[item]) times") }
      if books.failures.tries[item] > schedule.retries + 1 {
        throw Violation("item \(item) failed \(books.failures.tries[item]) times")
      }
    }
    for item in books.failed where !mayFail(item) { throw Violation("item \(item) has failed, and is fine") }
  }

  private func checkFate(of item: Int) throws {
    switch books.state[item] {
    case .done:
      if wasDone[item] { return }
      guard taken[item] == 1 else { throw Violation("item \(item) was computed \(taken[item]) times") }
      if schedule.fate(item).mustFail(retries: schedule.retries) {
        throw Violation("item \(item) always throws, and has a result")
      }
    case .failed:
      guard taken[item] == 0 else { throw Violation("item \(item) has failed, and has a result") }
      // But for what can't be sent, which is known at once.
      let tries = schedule.retries + 1
      guard
        books.failures.tries[item] == tries || schedule.fate(item) == .cannotBeSent
          || schedule.failedBefore.contains(item)
      else {
        throw Violation("item \(item) has failed after \(books.failures.tries[item]) tries, not \(tries)")
      }
      if schedule.failuresDecide, ending != .threw(item) { throw Violation("item \(item) has failed, and is no error") }
    case .unstarted, .waitsAlone, .toBeTriedAgain, .held:
      throw Violation("the map has ended, and item \(item) is missing")
    }
  }

  /// All items have come, each in one of the blocks.
  private func checkBlocks() throws {
    guard books.count == schedule.count else { throw Violation("\(books.count) items have come of \(schedule.count)") }
    guard let blocks = schedule.blocks else { return }
    var next = 0
    for block in 0..<books.count {
      let items = blocks.items(of: block..<(block + 1))
      guard items.lowerBound == next, !items.isEmpty, items.allSatisfy({ blocks.block(of: $0) == block }) else {
        throw Violation("block \(block) has the items \(items), and \(next) comes next")
      }
      next = items.upperBound
    }
    guard next == blocks.items else { throw Violation("the blocks have \(next) items of \(blocks.items)") }
  }

  private func mayFail(_ item: Int) -> Bool {
    schedule.failedBefore.contains(item) || schedule.fate(item).mayFail(retries: schedule.retries)
      || schedule.mayBeOverdue(item)
  }
}
