import SeppoEngine
import Testing

@Suite("What the coordinator of a call wants done")
struct CoordinatorTests {
  private struct Failure: Error {}

  private let second = 1_000_000_000

  private func failure(_ index: Int) -> ItemFailure { ItemFailure(index: index, error: Failure()) }

  private func report(_ chunk: Range<Int>, failed: [Int] = [], completed: Int? = nil) -> ChunkReport {
    ChunkReport(
      chunk: chunk, completed: completed ?? chunk.count, failures: failed.map(failure), nanoseconds: 1_000_000_000)
  }

  /// With workers of one thread each, one item a chunk.
  private func coordinator(
    _ count: Int, workers: Int = 2, joined: Int? = nil, closed: Bool = true,
    _ change: (inout Coordinator.Rules) -> Void = { _ in }
  ) -> Coordinator {
    var rules = Coordinator.Rules(workers: workers)
    rules.chunk = .items(1)
    change(&rules)
    var start = Coordinator.Start(count: count)
    start.isClosed = closed
    var coordinator = Coordinator(rules, start, at: 0)
    for worker in 0..<(joined ?? workers) { coordinator.handle(.joined(worker: worker, threads: 1)) }
    return coordinator
  }

  /// All that is to be done now, in words.
  private func effects(_ coordinator: inout Coordinator) -> [String] {
    var effects: [String] = []
    while let effect = coordinator.nextEffect() {
      let text =
        switch effect {
        case .give(let worker, let chunk, false): "give \(chunk) to \(worker)"
        case .give(let worker, let chunk, true): "give \(chunk) to \(worker) again"
        case .recall(let worker): "recall from \(worker)"
        case .limit(let bound): "limit \(bound)"
        case .released(let worker, let chunk): "released \(chunk) of \(worker)"
        case .shortened(let worker, let range): "shortened by \(range) of \(worker)"
        case .failed(let failure, let tries): "failed \(failure.index) after \(tries)"
        case .compare(let index, let first, let second, _): "compare \(index) of \(first) and \(second)"
        case .stuck(let index, let worker, let nanoseconds): "stuck at \(index) of \(worker) for \(nanoseconds)"
        case .finished: "finished"
        }
      effects.append(text)
    }
    return effects
  }

  @Test("Items are given, released, settled, and then it has finished, once")
  func map() {
    var coordinator = coordinator(3)
    #expect(effects(&coordinator) == ["give 0..<1 to 0", "give 1..<2 to 1"])
    coordinator.handle(.report(worker: 1, report(1..<2)))
    #expect(coordinator.settledThrough == 0 && coordinator.completed == 1)
    #expect(effects(&coordinator) == ["released 1..<2 of 1", "give 2..<3 to 1"])
    coordinator.handle(.report(worker: 0, report(0..<1)))
    #expect(coordinator.settledThrough == 2)
    #expect(effects(&coordinator) == ["released 0..<1 of 0"])
    coordinator.handle(.report(worker: 1, report(2..<3)))
    #expect(effects(&coordinator) == ["released 2..<3 of 1", "finished"])
    #expect(effects(&coordinator).isEmpty && coordinator.calibration != nil)
  }

  @Test("It doesn't finish before all have come, or are lost")
  func allAreHere() {
    var coordinator = coordinator(0, workers: 3, joined: 1)
    #expect(effects(&coordinator).isEmpty)
    coordinator.handle(.joined(worker: 2, threads: 1))
    #expect(effects(&coordinator).isEmpty)
    coordinator.handle(.lost(worker: 1))
    coordinator.handle(.lost(worker: 1))
    #expect(effects(&coordinator) == ["finished"])
  }

  @Test("The first call waits for all, but not for long")
  func jointStart() {
    var coordinator = coordinator(2, joined: 1) { $0.waitsForAll = true }
    coordinator.advance(to: JointStart.longest - 1)
    #expect(effects(&coordinator).isEmpty)
    var late = coordinator
    coordinator.handle(.joined(worker: 1, threads: 1))
    #expect(effects(&coordinator) == ["give 0..<1 to 0", "give 1..<2 to 1"])
    late.advance(to: JointStart.longest)
    #expect(effects(&late) == ["give 0..<1 to 0"])
    late.handle(.joined(worker: 1, threads: 1))
    #expect(effects(&late) == ["give 1..<2 to 1"])
  }

  @Test("The lowest item that fails decides, and limits only go down")
  func failures() {
    var coordinator = coordinator(10, workers: 1) { $0.chunk = .items(4) }
    #expect(effects(&coordinator) == ["give 0..<4 to 0", "give 4..<8 to 0"])
    coordinator.handle(.report(worker: 0, report(4..<8, failed: [6], completed: 3)))
    #expect(effects(&coordinator) == ["failed 6 after 1", "limit 6", "released 4..<8 of 0"])
    coordinator.handle(.report(worker: 0, report(0..<4, failed: [1, 3])))
    #expect(effects(&coordinator) == ["failed 1 after 1", "limit 1", "released 0..<4 of 0", "finished"])
    #expect(coordinator.bound == 1)
  }

  @Test("A failure is said when it is for good")
  func retries() {
    var coordinator = coordinator(1, workers: 1) {
      $0.retries = 1
      $0.failuresDecide = false
    }
    _ = effects(&coordinator)
    coordinator.handle(.report(worker: 0, report(0..<1, failed: [0])))
    #expect(effects(&coordinator) == ["released 0..<1 of 0", "give 0..<1 to 0"])
    coordinator.handle(.report(worker: 0, report(0..<1, failed: [0])))
    #expect(effects(&coordinator) == ["failed 0 after 2", "released 0..<1 of 0", "finished"])
    #expect(coordinator.settledThrough == 1)
  }

  @Test("Items come while it runs, as many as could be used")
  func supply() {
    var coordinator = coordinator(0, closed: false)
    #expect(effects(&coordinator).isEmpty && coordinator.demand == 4)
    coordinator.handle(.supplied(3))
    #expect(coordinator.demand == 1 && coordinator.count == 3)
    #expect(effects(&coordinator) == ["give 0..<1 to 0", "give 1..<2 to 1"])
    coordinator.handle(.report(worker: 0, report(0..<1)))
    coordinator.handle(.report(worker: 1, report(1..<2)))
    #expect(effects(&coordinator) == ["released 0..<1 of 0", "released 1..<2 of 1", "give 2..<3 to 0"])
    coordinator.handle(.report(worker: 0, report(2..<3)))
    #expect(effects(&coordinator) == ["released 2..<3 of 0"])
    coordinator.handle(.closed)
    #expect(coordinator.demand == 0 && effects(&coordinator) == ["finished"])
  }

  @Test("After a failure that decides no more items are wanted")
  func supplyEnds() {
    var coordinator = coordinator(1, workers: 1, closed: false)
    _ = effects(&coordinator)
    coordinator.handle(.report(worker: 0, report(0..<1, failed: [0])))
    #expect(coordinator.demand == 0)
    #expect(effects(&coordinator) == ["failed 0 after 1", "limit 0", "released 0..<1 of 0", "finished"])
  }

  @Test("What a lost worker held is released and goes to others, and what still comes from it is nothing")
  func lost() {
    var coordinator = coordinator(2)
    _ = effects(&coordinator)
    coordinator.handle(.report(worker: 0, report(0..<1)))
    coordinator.handle(.lost(worker: 1))
    coordinator.handle(.report(worker: 1, report(1..<2)))
    coordinator.handle(.returned(worker: 1, [1..<2]))
    #expect(effects(&coordinator) == ["released 0..<1 of 0", "released 1..<2 of 1", "give 1..<2 to 0"])
  }

  @Test("A worker with nothing to do gets what another gives up")
  func recall() {
    var coordinator = coordinator(8, joined: 1) { $0.chunk = .items(4) }
    #expect(effects(&coordinator) == ["give 0..<4 to 0", "give 4..<8 to 0"])
    coordinator.handle(.joined(worker: 1, threads: 1))
    #expect(effects(&coordinator) == ["recall from 0"])
    coordinator.handle(.returned(worker: 0, [6..<8]))
    #expect(effects(&coordinator) == ["shortened by 6..<8 of 0", "give 6..<8 to 1"])
    // Nobody asked.
    coordinator.handle(.returned(worker: 0, [4..<6]))
    #expect(effects(&coordinator).isEmpty && coordinator.held(by: 0) == [0..<4, 4..<6])
  }

  @Test("An item that can't be sent has failed, and what stands behind it is given elsewhere")
  func unsendable() {
    var coordinator = coordinator(4) {
      $0.chunk = .items(4)
      $0.failuresDecide = false
    }
    #expect(coordinator.nextEffect() != nil)
    coordinator.handle(.unsendable(worker: 0, chunk: 0..<4, failure(1)))
    #expect(effects(&coordinator) == ["shortened by 1..<4 of 0", "failed 1 after 1", "give 2..<4 to 1"])
    #expect(coordinator.held(by: 0) == [0..<1])
  }

  @Test("What threw after a stop is not done, nothing is given, and only what is held is awaited")
  func stopped() {
    var coordinator = coordinator(8) { $0.chunk = .items(4) }
    _ = effects(&coordinator)
    coordinator.handle(.stopped)
    #expect(effects(&coordinator) == ["limit 0"])
    coordinator.handle(.report(worker: 0, report(0..<4, failed: [2], completed: 3)))
    #expect(effects(&coordinator) == ["released 0..<4 of 0"])
    #expect(coordinator.completed == 2 && coordinator.settledThrough == 2 && !coordinator.holdsNothing)
    coordinator.handle(.report(worker: 1, report(4..<8, completed: 1)))
    #expect(effects(&coordinator) == ["released 4..<8 of 1"])
    #expect(coordinator.completed == 3 && coordinator.holdsNothing)
  }

  @Test("Where it can't be right it ends when what is under way is back")
  func refused() {
    var coordinator = coordinator(9)
    _ = effects(&coordinator)
    coordinator.handle(.refused)
    #expect(effects(&coordinator) == ["limit 0"])
    for worker in 0..<2 {
      for chunk in coordinator.held(by: worker) { coordinator.handle(.report(worker: worker, report(chunk))) }
    }
    #expect(effects(&coordinator).last == "finished")
  }

  @Test("An overdue item fails at once, and the call is stuck when it has had as long again")
  func overdue() {
    var coordinator = coordinator(2, workers: 1) {
      $0.timeout = second
      $0.failuresDecide = false
      $0.chunk = .items(2)
    }
    #expect(effects(&coordinator) == ["give 0..<2 to 0"])
    coordinator.advance(to: 2 * second)
    coordinator.handle(
      .overdue(worker: 0, OverdueReport(items: [failure(0)], elapsed: [second + 1], returned: [1..<2])))
    #expect(effects(&coordinator) == ["shortened by 1..<2 of 0", "failed 0 after 1"])
    #expect(coordinator.isStuck)
    coordinator.advance(to: 3 * second - 2)
    #expect(effects(&coordinator).isEmpty)
    var comesBack = coordinator
    coordinator.advance(to: 3 * second - 1)
    #expect(effects(&coordinator) == ["stuck at 0 of 0 for \(2 * second)"])
    comesBack.handle(.report(worker: 0, report(0..<1, failed: [0])))
    comesBack.advance(to: 9 * second)
    #expect(effects(&comesBack) == ["released 0..<1 of 0", "give 1..<2 to 0"])
  }

  @Test("An overdue item of which a result can't travel is not awaited any more")
  func overdueAndUnreadable() {
    var coordinator = coordinator(2, workers: 1) {
      $0.timeout = second
      $0.chunk = .items(2)
      $0.failuresDecide = false
    }
    _ = effects(&coordinator)
    coordinator.handle(.overdue(worker: 0, OverdueReport(items: [failure(1)], elapsed: [second + 1], returned: [])))
    coordinator.handle(.report(worker: 0, report(0..<2, failed: [0], completed: 1)))
    coordinator.advance(to: 9 * second)
    #expect(effects(&coordinator) == ["failed 1 after 1", "failed 0 after 1", "released 0..<2 of 0", "finished"])
  }

  @Test("While more items may come for a worker that has nothing to do, it isn't stuck")
  func openAndOverdue() {
    var coordinator = coordinator(1, closed: false) { $0.timeout = second }
    #expect(effects(&coordinator) == ["give 0..<1 to 0"])
    coordinator.handle(.overdue(worker: 0, OverdueReport(items: [failure(0)], elapsed: [second + 1], returned: [])))
    #expect(effects(&coordinator) == ["failed 0 after 1", "limit 0"])
    #expect(coordinator.isStuck)
    var kept = self.coordinator(1, closed: false) {
      $0.timeout = second
      $0.failuresDecide = false
    }
    _ = effects(&kept)
    kept.handle(.overdue(worker: 0, OverdueReport(items: [failure(0)], elapsed: [second + 1], returned: [])))
    kept.advance(to: 9 * second)
    #expect(effects(&kept) == ["failed 0 after 1"])
    kept.handle(.supplied(1))
    #expect(effects(&kept) == ["give 1..<2 to 1"])
  }

  // MARK: Repetitions

  private func repeating(_ count: Int, workers: Int = 2) -> Coordinator {
    var coordinator = coordinator(count, workers: workers) {
      $0.repeats = true
      $0.timeout = second
    }
    while let effect = coordinator.nextEffect() {
      if case .give(let worker, let chunk, let isRepetition) = effect {
        if isRepetition { return coordinator }
        coordinator.handle(.report(worker: worker, report(chunk)))
      }
    }
    return coordinator
  }

  @Test("In the end a few items are computed by another worker, and compared")
  func repeats() {
    var coordinator = repeating(2)
    #expect(effects(&coordinator) == ["give 1..<2 to 0 again"])
    coordinator.handle(.report(worker: 0, report(1..<2)))
    #expect(effects(&coordinator) == ["compare 1 of 1 and 0"])
    coordinator.handle(.report(worker: 1, report(0..<1)))
    #expect(effects(&coordinator) == ["compare 0 of 0 and 1", "finished"])
  }

  @Test("A repetition is not awaited from a lost worker, nor where it was given up, not begun or couldn't be sent")
  func endsOfRepetitions() {
    var lost = repeating(2)
    _ = effects(&lost)
    lost.handle(.report(worker: 0, report(1..<2, completed: 0)))
    #expect(effects(&lost).isEmpty)
    lost.handle(.lost(worker: 1))
    #expect(effects(&lost) == ["finished"])

    var overdue = repeating(4)
    #expect(effects(&overdue).count == 3)
    for item in [0, 1] { overdue.handle(.report(worker: 1 - item, report(item..<(item + 1)))) }
    overdue.handle(.overdue(worker: 1, OverdueReport(items: [failure(2)], elapsed: [second + 1], returned: [])))
    overdue.handle(.overdue(worker: 0, OverdueReport(items: [], elapsed: [], returned: [3..<4])))
    overdue.handle(.report(worker: 1, report(2..<3, failed: [2])))
    #expect(effects(&overdue).last == "finished")

    var unsendable = repeating(2)
    unsendable.handle(.unsendable(worker: 1, chunk: 0..<1, failure(0)))
    unsendable.handle(.report(worker: 0, report(1..<2)))
    #expect(effects(&unsendable).last == "finished")
  }

  @Test("A repetition that hangs is stuck")
  func stuckRepetition() {
    var coordinator = repeating(1)
    coordinator.handle(.overdue(worker: 1, OverdueReport(items: [failure(0)], elapsed: [second + 1], returned: [])))
    coordinator.advance(to: 2 * second)
    #expect(effects(&coordinator) == ["stuck at 0 of 1 for \(3 * second + 1)"])
  }

  @Test("Nobody computes again what only a lost worker could, nor what is alone")
  func nobodyElse() {
    var coordinator = coordinator(1) { $0.repeats = true }
    #expect(effects(&coordinator) == ["give 0..<1 to 0"])
    coordinator.handle(.lost(worker: 1))
    coordinator.handle(.report(worker: 0, report(0..<1)))
    #expect(effects(&coordinator) == ["released 0..<1 of 0", "finished"])
    var alone = self.coordinator(1, workers: 1) { $0.repeats = true }
    _ = effects(&alone)
    alone.handle(.report(worker: 0, report(0..<1)))
    #expect(effects(&alone) == ["released 0..<1 of 0", "finished"])
  }
}
