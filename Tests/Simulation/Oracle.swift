/// Checks how a map has ended.
struct Oracle {
  private let schedule: Schedule
  private let model: ReferenceModel
  private let taken: [Int]
  /// Whether each item was done from the start.
  private let wasDone: [Bool]
  private let ending: Statistics.Ending

  init(_ schedule: Schedule, _ root: SimulatedRoot, _ ending: Statistics.Ending) {
    self.schedule = schedule
    model = root.model
    taken = root.model.taken
    wasDone = schedule.isDone
    self.ending = ending
  }

  func check() throws {
    // Every item below this one must have exactly one outcome.
    let decided: Int
    switch ending {
    case .results: decided = model.count
    case .threw(let item):
      guard item == model.failed.min() else {
        throw Violation("the map throws the error of item \(item), but \(model.failed) have failed")
      }
      decided = item + 1
    case .decided(let item):
      guard schedule.behavior(item) == .decides else { throw Violation("item \(item) doesn't decide the map") }
      decided = item + 1
    case .stuck(let item):
      guard schedule.timeout != nil else { throw Violation("item \(item) is overdue but has no time limit") }
      decided = 0
    case .stranded:
      guard schedule.ranks.count > 1, schedule.ranks[0].joinsAt == 0 else {
        throw Violation("a map on one rank is stranded")
      }
      // All except quarantined items.
      for item in 0..<model.bound where model.state[item] != .quarantined { try checkOutcome(of: item) }
      decided = 0
    case .refused:
      guard schedule.refuses != nil else { throw Violation("the map was refused, but the schedule doesn't refuse it") }
      decided = 0
    case .stopped:
      guard schedule.stops != nil else { throw Violation("the map has stopped, but the schedule doesn't stop it") }
      decided = 0
    }
    for item in schedule.done.joined() where model.state[item] != .done || taken[item] > 0 {
      throw Violation("item \(item) was computed, but was done from the start")
    }
    for item in schedule.failedBefore where model.state[item] != .failed || taken[item] > 0 {
      throw Violation("item \(item) was computed, but had failed before")
    }
    for item in 0..<decided { try checkOutcome(of: item) }
    let first = (0..<decided).first { schedule.behavior($0) == .decides && model.state[$0] == .done }
    if let first, ending != .decided(first) { throw Violation("item \(first) decides the map, which ends otherwise") }
    if case .results = ending, schedule.supply == nil || schedule.supply?.closes == nil { try checkBlocks() }
    for item in 0..<schedule.count {
      if taken[item] > 1 { throw Violation("item \(item) was computed \(taken[item]) times") }
      if model.failures.tries[item] > schedule.retries + 1 {
        throw Violation("item \(item) failed \(model.failures.tries[item]) times")
      }
    }
    for item in model.failed where !mayFail(item) { throw Violation("item \(item) has failed, but never fails") }
  }

  private func checkOutcome(of item: Int) throws {
    switch model.state[item] {
    case .done:
      if wasDone[item] { return }
      guard taken[item] == 1 else { throw Violation("item \(item) was computed \(taken[item]) times") }
      if schedule.behavior(item).mustFail(retries: schedule.retries) {
        throw Violation("item \(item) always throws, but has a result")
      }
    case .failed:
      guard taken[item] == 0 else { throw Violation("item \(item) has failed, but has a result") }
      // An item that can't be sent fails on the first try.
      let tries = schedule.retries + 1
      guard
        model.failures.tries[item] == tries || schedule.behavior(item) == .cannotBeSent
          || schedule.failedBefore.contains(item)
      else {
        throw Violation("item \(item) has failed after \(model.failures.tries[item]) tries, not \(tries)")
      }
      if schedule.failsFast, ending != .threw(item) {
        throw Violation("item \(item) has failed, but the map doesn't throw its error")
      }
    case .unstarted, .quarantined, .toBeRetried, .held:
      throw Violation("the map has ended without an outcome for item \(item)")
    }
  }

  /// Checks that all items were added and that each is in exactly one block.
  private func checkBlocks() throws {
    guard model.count == schedule.count else { throw Violation("\(model.count) of \(schedule.count) items were added") }
    guard let blocks = schedule.blocks else { return }
    var next = 0
    for block in 0..<model.count {
      let items = blocks.items(of: block..<(block + 1))
      guard items.lowerBound == next, !items.isEmpty, items.allSatisfy({ blocks.block(of: $0) == block }) else {
        throw Violation("block \(block) has the items \(items), but item \(next) comes next")
      }
      next = items.upperBound
    }
    guard next == blocks.items else { throw Violation("the blocks have \(next) of \(blocks.items) items") }
  }

  private func mayFail(_ item: Int) -> Bool {
    schedule.failedBefore.contains(item) || schedule.behavior(item).mayFail(retries: schedule.retries)
      || schedule.mayBeOverdue(item)
  }
}
