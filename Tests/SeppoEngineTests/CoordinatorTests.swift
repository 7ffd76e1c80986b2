import SeppoEngine
import Testing

@Suite("The coordinator")
struct CoordinatorTests {
  private struct TestFailure: Error {}

  private let second = 1_000_000_000

  private func failure(_ index: Int) -> ItemFailure { ItemFailure(index: index, error: TestFailure()) }

  private func report(_ chunk: Range<Int>, failed: [Int] = [], completed: Int? = nil) -> ChunkReport {
    ChunkReport(
      chunk: chunk, completed: completed ?? chunk.count, failures: failed.map(failure), nanoseconds: 1_000_000_000)
  }

  /// Creates a coordinator of workers with one thread each and chunks of one item.
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

  /// Returns a description of all current effects.
  private func effects(_ coordinator: inout Coordinator) -> [String] {
    var effects: [String] = []
    while let effect = coordinator.nextEffect() {
      let text =
        switch effect {
        case .assign(let worker, let chunk, false): "assign \(chunk) to \(worker)"
        case .assign(let worker, let chunk, true): "assign \(chunk) to \(worker) again"
        case .recall(let worker): "recall from \(worker)"
        case .limit(let bound): "limit \(bound)"
        case .released(let worker, let chunk): "released \(chunk) of \(worker)"
        case .shortened(let worker, let range): "shortened by \(range) of \(worker)"
        case .failed(let failure, let tries): "failed \(failure.index) after \(tries)"
        case .settled(let range): "settled \(range)"
        case .decided(let index): "decided by \(index)"
        case .compare(let index, let first, let second, _): "compare \(index) of \(first) and \(second)"
        case .stuck(let index, let worker, let nanoseconds): "stuck at \(index) of \(worker) for \(nanoseconds)"
        case .finished: "finished"
        }
      effects.append(text)
    }
    return effects
  }

  @Test("Items are assigned, released and settled, and the call finishes once")
  func map() {
    var coordinator = coordinator(3)
    #expect(effects(&coordinator) == ["assign 0..<1 to 0", "assign 1..<2 to 1"])
    coordinator.handle(.report(worker: 1, report(1..<2)))
    #expect(coordinator.settledThrough == 0 && coordinator.completed == 1)
    #expect(effects(&coordinator) == ["released 1..<2 of 1", "assign 2..<3 to 1"])
    coordinator.handle(.report(worker: 0, report(0..<1)))
    #expect(coordinator.settledThrough == 2)
    #expect(effects(&coordinator) == ["released 0..<1 of 0"])
    coordinator.handle(.report(worker: 1, report(2..<3)))
    #expect(effects(&coordinator) == ["released 2..<3 of 1", "finished"])
    #expect(effects(&coordinator).isEmpty && coordinator.calibration != nil)
  }

  @Test("The call doesn't finish before every worker has joined or is lost")
  func waitsForAll() {
    var coordinator = coordinator(0, workers: 3, joined: 1)
    #expect(effects(&coordinator).isEmpty)
    coordinator.handle(.joined(worker: 2, threads: 1))
    #expect(effects(&coordinator).isEmpty)
    coordinator.handle(.lost(worker: 1))
    coordinator.handle(.lost(worker: 1))
    #expect(effects(&coordinator) == ["finished"])
  }

  @Test("The first call waits for all workers, with a timeout")
  func startBarrier() {
    var coordinator = coordinator(2, joined: 1) { $0.waitsForAll = true }
    coordinator.advance(to: StartBarrier.timeout - 1)
    #expect(effects(&coordinator).isEmpty)
    var late = coordinator
    coordinator.handle(.joined(worker: 1, threads: 1))
    #expect(effects(&coordinator) == ["assign 0..<1 to 0", "assign 1..<2 to 1"])
    late.advance(to: StartBarrier.timeout)
    #expect(effects(&late) == ["assign 0..<1 to 0"])
    late.handle(.joined(worker: 1, threads: 1))
    #expect(effects(&late) == ["assign 1..<2 to 1"])
  }

  @Test("The lowest failed item ends the call, and limits only decrease")
  func failures() {
    var coordinator = coordinator(10, workers: 1) { $0.chunk = .items(4) }
    #expect(effects(&coordinator) == ["assign 0..<4 to 0", "assign 4..<8 to 0"])
    coordinator.handle(.report(worker: 0, report(4..<8, failed: [6], completed: 3)))
    #expect(effects(&coordinator) == ["failed 6 after 1", "limit 6", "released 4..<8 of 0"])
    coordinator.handle(.report(worker: 0, report(0..<4, failed: [1, 3])))
    #expect(effects(&coordinator) == ["failed 1 after 1", "limit 1", "released 0..<4 of 0", "finished"])
    #expect(coordinator.bound == 1)
  }

  @Test("The lowest item that decides the call ends it, unless one below fails; failures above don't count")
  func decisions() {
    var coordinator = coordinator(20, workers: 1) { $0.chunk = .items(4) }
    #expect(effects(&coordinator) == ["assign 0..<4 to 0", "assign 4..<8 to 0"])
    coordinator.handle(.report(worker: 0, report(4..<8, failed: [7])))
    coordinator.handle(.decided(by: 6))
    coordinator.handle(.decided(by: 6))
    #expect(effects(&coordinator) == ["failed 7 after 1", "limit 7", "released 4..<8 of 0", "decided by 6"])
    var other = coordinator
    coordinator.handle(.report(worker: 0, report(0..<4)))
    coordinator.handle(.decided(by: 3))
    #expect(effects(&coordinator) == ["released 0..<4 of 0", "limit 4", "decided by 3", "finished"])
    #expect(coordinator.bound == 4)
    other.handle(.report(worker: 0, report(0..<4, failed: [2], completed: 3)))
    other.handle(.decided(by: 6))
    #expect(effects(&other) == ["failed 2 after 1", "limit 2", "released 0..<4 of 0", "finished"])
  }

  @Test("Only a permanent failure is reported")
  func retries() {
    var coordinator = coordinator(1, workers: 1) {
      $0.retries = 1
      $0.failsFast = false
    }
    _ = effects(&coordinator)
    coordinator.handle(.report(worker: 0, report(0..<1, failed: [0])))
    #expect(effects(&coordinator) == ["released 0..<1 of 0", "assign 0..<1 to 0"])
    coordinator.handle(.report(worker: 0, report(0..<1, failed: [0])))
    #expect(effects(&coordinator) == ["failed 0 after 2", "released 0..<1 of 0", "finished"])
    #expect(coordinator.settledThrough == 1)
  }

  @Test("Items may be added while the call runs, up to the demand")
  func supply() {
    var coordinator = coordinator(0, closed: false)
    #expect(effects(&coordinator).isEmpty && coordinator.demand == 4)
    coordinator.handle(.supplied(3))
    #expect(coordinator.demand == 1 && coordinator.count == 3)
    #expect(effects(&coordinator) == ["assign 0..<1 to 0", "assign 1..<2 to 1"])
    coordinator.handle(.report(worker: 0, report(0..<1)))
    coordinator.handle(.report(worker: 1, report(1..<2)))
    #expect(effects(&coordinator) == ["released 0..<1 of 0", "released 1..<2 of 1", "assign 2..<3 to 0"])
    coordinator.handle(.report(worker: 0, report(2..<3)))
    #expect(effects(&coordinator) == ["released 2..<3 of 0"])
    coordinator.handle(.closed)
    #expect(coordinator.demand == 0 && effects(&coordinator) == ["finished"])
  }

  @Test("Items that were done, quarantined or had failed are known before they are added")
  func knownBefore() {
    var rules = Coordinator.Rules(workers: 2)
    rules.chunk = .items(1)
    rules.reportsSettled = true
    rules.failsFast = false
    var start = Coordinator.Start(count: 0)
    (start.isClosed, start.done, start.quarantine, start.failed) = (false, [1..<4, 6..<7], [4], [5])
    var coordinator = Coordinator(rules, start, at: 0)
    for worker in 0..<2 { coordinator.handle(.joined(worker: worker, threads: 1)) }
    #expect(effects(&coordinator).isEmpty && coordinator.completed == 0)
    coordinator.handle(.supplied(2))
    #expect(effects(&coordinator) == ["settled 1..<2", "assign 0..<1 to 0"])
    #expect(coordinator.completed == 1)
    coordinator.handle(.supplied(6))
    #expect(
      effects(&coordinator) == ["settled 2..<4", "settled 6..<7", "settled 5..<6", "assign 4..<5 to 1"])
    #expect(coordinator.completed == 5 && coordinator.count == 8)
    coordinator.handle(.report(worker: 0, report(0..<1)))
    #expect(effects(&coordinator) == ["released 0..<1 of 0", "settled 0..<1", "assign 7..<8 to 0"])
    coordinator.handle(.closed)
    coordinator.handle(.report(worker: 1, report(4..<5, failed: [4])))
    coordinator.handle(.report(worker: 0, report(7..<8)))
    #expect(
      effects(&coordinator) == [
        "settled 4..<5", "failed 4 after 1", "released 4..<5 of 1", "released 7..<8 of 0", "settled 7..<8", "finished",
      ])
  }

  @Test("The nearest worker gets items before others")
  func nearest() {
    var coordinator = coordinator(0, workers: 3, closed: false) { $0.nearest = 2 }
    for item in 0..<3 {
      coordinator.handle(.supplied(1))
      #expect(effects(&coordinator) == ["assign \(item)..<\(item + 1) to 2"])
      coordinator.handle(.report(worker: 2, report(item..<(item + 1))))
      #expect(effects(&coordinator) == ["released \(item)..<\(item + 1) of 2"])
    }
    coordinator.handle(.supplied(2))
    #expect(effects(&coordinator) == ["assign 3..<4 to 2", "assign 4..<5 to 0"])
  }

  @Test("Chunks are sized as if the items that are expected were there")
  func expected() {
    func first(_ expected: Int) -> [String] {
      var rules = Coordinator.Rules(workers: 1)
      rules.chunk = .automatic
      var start = Coordinator.Start(count: 0)
      start.isClosed = false
      var coordinator = Coordinator(rules, start, at: 0)
      coordinator.handle(.joined(worker: 0, threads: 1))
      coordinator.handle(.supplied(1))
      _ = effects(&coordinator)
      coordinator.handle(
        .report(worker: 0, ChunkReport(chunk: 0..<1, completed: 1, nanoseconds: 1_000)))
      coordinator.handle(.expected(expected))
      coordinator.handle(.supplied(8))
      return effects(&coordinator)
    }
    #expect(first(0)[1] == "assign 1..<5 to 0")
    #expect(first(100)[1] == "assign 1..<9 to 0")
  }

  @Test("After a failure that ends the call, the demand is zero")
  func supplyEnds() {
    var coordinator = coordinator(1, workers: 1, closed: false)
    _ = effects(&coordinator)
    coordinator.handle(.report(worker: 0, report(0..<1, failed: [0])))
    #expect(coordinator.demand == 0)
    #expect(effects(&coordinator) == ["failed 0 after 1", "limit 0", "released 0..<1 of 0", "finished"])
  }

  @Test("Chunks of a lost worker go to others, and its late messages are ignored")
  func lost() {
    var coordinator = coordinator(2)
    _ = effects(&coordinator)
    coordinator.handle(.report(worker: 0, report(0..<1)))
    coordinator.handle(.lost(worker: 1))
    coordinator.handle(.report(worker: 1, report(1..<2)))
    coordinator.handle(.returned(worker: 1, [1..<2]))
    #expect(effects(&coordinator) == ["released 0..<1 of 0", "released 1..<2 of 1", "assign 1..<2 to 0"])
  }

  @Test("An idle worker gets the items that another gives up")
  func recall() {
    var coordinator = coordinator(8, joined: 1) { $0.chunk = .items(4) }
    #expect(effects(&coordinator) == ["assign 0..<4 to 0", "assign 4..<8 to 0"])
    coordinator.handle(.joined(worker: 1, threads: 1))
    #expect(effects(&coordinator) == ["recall from 0"])
    coordinator.handle(.returned(worker: 0, [6..<8]))
    #expect(effects(&coordinator) == ["shortened by 6..<8 of 0", "assign 6..<8 to 1"])
    // No recall is pending.
    coordinator.handle(.returned(worker: 0, [4..<6]))
    #expect(effects(&coordinator).isEmpty && coordinator.held(by: 0) == [0..<4, 4..<6])
  }

  @Test("An item that can't be sent fails, and the items after it go to another worker")
  func unsendable() {
    var coordinator = coordinator(4) {
      $0.chunk = .items(4)
      $0.failsFast = false
    }
    #expect(coordinator.nextEffect() != nil)
    coordinator.handle(.unsendable(worker: 0, chunk: 0..<4, failure(1)))
    #expect(effects(&coordinator) == ["shortened by 1..<4 of 0", "failed 1 after 1", "assign 2..<4 to 1"])
    #expect(coordinator.held(by: 0) == [0..<1])
  }

  @Test("After a stop, an item that throws isn't done, nothing is assigned, and only held chunks are awaited")
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

  @Test("An invalid call ends when all chunks have been returned")
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

  @Test("An overdue item fails at once, and the call is stuck after twice the time limit")
  func overdue() {
    var coordinator = coordinator(2, workers: 1) {
      $0.timeout = second
      $0.failsFast = false
      $0.chunk = .items(2)
    }
    #expect(effects(&coordinator) == ["assign 0..<2 to 0"])
    coordinator.advance(to: 2 * second)
    coordinator.handle(
      .overdue(worker: 0, OverdueReport(items: [failure(0)], elapsed: [second + 1], returned: [1..<2])))
    #expect(effects(&coordinator) == ["shortened by 1..<2 of 0", "failed 0 after 1"])
    #expect(coordinator.isStuck)
    coordinator.advance(to: 3 * second - 2)
    #expect(effects(&coordinator).isEmpty)
    var finishes = coordinator
    coordinator.advance(to: 3 * second - 1)
    #expect(effects(&coordinator) == ["stuck at 0 of 0 for \(2 * second)"])
    finishes.handle(.report(worker: 0, report(0..<1, failed: [0])))
    finishes.advance(to: 9 * second)
    #expect(effects(&finishes) == ["released 0..<1 of 0", "assign 1..<2 to 0"])
  }

  @Test("The call doesn't wait for an overdue item whose chunk has a result that can't be sent")
  func overdueAndUnreadable() {
    var coordinator = coordinator(2, workers: 1) {
      $0.timeout = second
      $0.chunk = .items(2)
      $0.failsFast = false
    }
    _ = effects(&coordinator)
    coordinator.handle(.overdue(worker: 0, OverdueReport(items: [failure(1)], elapsed: [second + 1], returned: [])))
    coordinator.handle(.report(worker: 0, report(0..<2, failed: [0], completed: 1)))
    coordinator.advance(to: 9 * second)
    #expect(effects(&coordinator) == ["failed 1 after 1", "failed 0 after 1", "released 0..<2 of 0", "finished"])
  }

  @Test("The call isn't stuck while more items may be added for an idle worker")
  func openAndOverdue() {
    var coordinator = coordinator(1, closed: false) { $0.timeout = second }
    #expect(effects(&coordinator) == ["assign 0..<1 to 0"])
    coordinator.handle(.overdue(worker: 0, OverdueReport(items: [failure(0)], elapsed: [second + 1], returned: [])))
    #expect(effects(&coordinator) == ["failed 0 after 1", "limit 0"])
    #expect(coordinator.isStuck)
    var kept = self.coordinator(1, closed: false) {
      $0.timeout = second
      $0.failsFast = false
    }
    _ = effects(&kept)
    kept.handle(.overdue(worker: 0, OverdueReport(items: [failure(0)], elapsed: [second + 1], returned: [])))
    kept.advance(to: 9 * second)
    #expect(effects(&kept) == ["failed 0 after 1"])
    kept.handle(.supplied(1))
    #expect(effects(&kept) == ["assign 1..<2 to 1"])
  }

  // MARK: Repetitions

  private func repeating(_ count: Int, workers: Int = 2) -> Coordinator {
    var coordinator = coordinator(count, workers: workers) {
      $0.repeats = true
      $0.timeout = second
    }
    while let effect = coordinator.nextEffect() {
      if case .assign(let worker, let chunk, let isRepetition) = effect {
        if isRepetition { return coordinator }
        coordinator.handle(.report(worker: worker, report(chunk)))
      }
    }
    return coordinator
  }

  @Test("At the end, some items are computed by a second worker and compared")
  func repeats() {
    var coordinator = repeating(2)
    #expect(effects(&coordinator) == ["assign 1..<2 to 0 again"])
    coordinator.handle(.report(worker: 0, report(1..<2)))
    #expect(effects(&coordinator) == ["compare 1 of 1 and 0"])
    coordinator.handle(.report(worker: 1, report(0..<1)))
    #expect(effects(&coordinator) == ["compare 0 of 0 and 1", "finished"])
  }

  @Test(
    "A repetition that can't be returned isn't awaited: its worker is lost, or it was assigned up, unstarted or unsendable"
  )
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

  @Test("The call is stuck if a repetition hangs")
  func stuckRepetition() {
    var coordinator = repeating(1)
    coordinator.handle(.overdue(worker: 1, OverdueReport(items: [failure(0)], elapsed: [second + 1], returned: [])))
    coordinator.advance(to: 2 * second)
    #expect(effects(&coordinator) == ["stuck at 0 of 1 for \(3 * second + 1)"])
  }

  @Test("Nothing is repeated if the only other worker is lost, or if there is only one worker")
  func noOtherWorker() {
    var coordinator = coordinator(1) { $0.repeats = true }
    #expect(effects(&coordinator) == ["assign 0..<1 to 0"])
    coordinator.handle(.lost(worker: 1))
    coordinator.handle(.report(worker: 0, report(0..<1)))
    #expect(effects(&coordinator) == ["released 0..<1 of 0", "finished"])
    var single = self.coordinator(1, workers: 1) { $0.repeats = true }
    _ = effects(&single)
    single.handle(.report(worker: 0, report(0..<1)))
    #expect(effects(&single) == ["released 0..<1 of 0", "finished"])
  }
}
