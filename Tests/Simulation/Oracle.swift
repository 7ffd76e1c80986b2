/// What a map may end with.
struct Oracle {
  private let schedule: Schedule
  private let books: Books
  private let taken: [Int]
  private let ending: Figures.Ending

  init(_ schedule: Schedule, _ root: SimulatedRoot, _ ending: Figures.Ending) {
    self.schedule = schedule
    books = root.books
    taken = root.taken
    self.ending = ending
  }

  func check() throws {
    // Up to here every item has its one fate.
    let decided: Int
    switch ending {
    case .results: decided = schedule.count
    case .threw(let item):
      guard item == books.failed.min() else { throw Violation("item \(item) is the error, of \(books.failed)") }
      decided = item + 1
    case .stuck(let item):
      guard schedule.timeout != nil else { throw Violation("item \(item) is late, and has no time") }
      decided = 0
    }
    for item in 0..<decided { try checkFate(of: item) }
    for item in 0..<schedule.count {
      if taken[item] > 1 { throw Violation("item \(item) was computed \(taken[item]) times") }
      if books.failures[item] > schedule.retries + 1 {
        throw Violation("item \(item) failed \(books.failures[item]) times")
      }
    }
    for item in books.failed where !mayFail(item) { throw Violation("item \(item) has failed, and is fine") }
  }

  private func checkFate(of item: Int) throws {
    switch books.state[item] {
    case .done:
      guard taken[item] == 1 else { throw Violation("item \(item) was computed \(taken[item]) times") }
      if schedule.fate(item).mustFail(retries: schedule.retries) {
        throw Violation("item \(item) always throws, and has a result")
      }
    case .failed:
      guard taken[item] == 0 else { throw Violation("item \(item) has failed, and has a result") }
      // But for what can't be sent, which is known at once.
      let tries = schedule.retries + 1
      guard books.failures[item] == tries || schedule.fate(item) == .cannotBeSent else {
        throw Violation("item \(item) has failed after \(books.failures[item]) tries, not \(tries)")
      }
      if schedule.failuresDecide, ending != .threw(item) { throw Violation("item \(item) has failed, and is no error") }
    case .notBegun, .toBeTriedAgain, .held: throw Violation("the map has ended, and item \(item) is missing")
    }
  }

  private func mayFail(_ item: Int) -> Bool {
    schedule.fate(item).mayFail(retries: schedule.retries) || schedule.mayBeLate(item)
  }
}
