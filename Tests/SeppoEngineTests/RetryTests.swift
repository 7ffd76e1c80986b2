import SeppoEngine
import Testing

@Suite("Items that fail or are late, and are tried again")
struct RetryTests {
  /// Ranks with so many threads each, and what they are given at first.
  private func started(
    count: Int, threads: [Int], rule: ChunkRule = .items(1), retries: Int = 1, failuresDecide: Bool = false
  ) -> (scheduler: Scheduler, given: [Scheduler.Assignment]) {
    var scheduler = Scheduler(
      count: count, ranks: threads.count, rule: rule, retries: retries, failuresDecide: failuresDecide)
    for (rank, threads) in threads.enumerated() { scheduler.joined(rank: rank, threads: threads) }
    var given: [Scheduler.Assignment] = []
    while let assignment = scheduler.nextAssignment() { given.append(assignment) }
    return (scheduler, given)
  }

  private func fail(_ index: Int, on rank: Int, _ scheduler: inout Scheduler) -> Scheduler.Verdict {
    let verdict = scheduler.threw(rank: rank, index: index)
    scheduler.returned(rank: rank, chunk: index..<(index + 1), completed: 1)
    return verdict
  }

  @Test("An item that failed is tried on another rank, so many times, and then has failed")
  func elsewhere() {
    var (scheduler, given) = started(count: 2, threads: [1, 1], retries: 2)
    #expect(given == [.init(rank: 0, chunk: 0..<1), .init(rank: 1, chunk: 1..<2)])
    #expect(fail(0, on: 0, &scheduler) == .again)
    #expect(scheduler.completed == 0)
    #expect(scheduler.nextAssignment() == nil)
    scheduler.returned(rank: 1, chunk: 1..<2, completed: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 1, chunk: 0..<1))
    #expect(fail(0, on: 1, &scheduler) == .again)
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<1))
    #expect(fail(0, on: 0, &scheduler) == .failed(tries: 3))
    #expect(scheduler.isFinished && scheduler.completed == 2)
  }

  @Test("Where there is no other rank it is tried again on the same")
  func alone() {
    var (scheduler, _) = started(count: 1, threads: [1])
    #expect(fail(0, on: 0, &scheduler) == .again)
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<1))
    #expect(fail(0, on: 0, &scheduler) == .failed(tries: 2))
    #expect(scheduler.isFinished)
  }

  @Test("Nor is it where it failed, if the other rank has vanished with it")
  func vanished() {
    var (scheduler, _) = started(count: 3, threads: [1, 1, 1])
    #expect(fail(0, on: 0, &scheduler) == .again)
    scheduler.returned(rank: 1, chunk: 1..<2, completed: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 1, chunk: 0..<1))
    scheduler.gone(rank: 1)
    #expect(scheduler.nextAssignment() == nil)
    scheduler.returned(rank: 2, chunk: 2..<3, completed: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 2, chunk: 0..<1))
  }

  @Test("An item that is late is tried again, never where a thread is still at it")
  func stillAtIt() {
    var (scheduler, _) = started(count: 2, threads: [2])
    scheduler.returned(rank: 0, ranges: [], behindLate: true)
    #expect(scheduler.late(rank: 0, index: 0) == .again)
    #expect(scheduler.completed == 0)
    scheduler.returned(rank: 0, chunk: 1..<2, completed: 1)
    #expect(scheduler.nextAssignment() == nil)
    #expect(scheduler.isStuck && !scheduler.isFinished)
    #expect(scheduler.threw(rank: 0, index: 0) == .known)
    scheduler.returned(rank: 0, chunk: 0..<1, completed: 1)
    #expect(scheduler.completed == 1)
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<1))
    scheduler.returned(rank: 0, chunk: 0..<1, completed: 1)
    #expect(scheduler.isFinished && scheduler.completed == 2)
  }

  @Test("A rank whose threads are all late is no other rank")
  func othersAreLate() {
    var (scheduler, _) = started(count: 2, threads: [1, 1])
    #expect(scheduler.late(rank: 1, index: 1) == .again)
    #expect(fail(0, on: 0, &scheduler) == .again)
    // Of those that failed on the same rank the lowest; rank 1 has none to give it to.
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<1))
  }

  @Test("An item that is late and won't be tried again is done, whether it comes back or not")
  func lateForGood() {
    var (scheduler, _) = started(count: 2, threads: [1, 1], rule: .items(2), retries: 0)
    #expect(scheduler.held(by: 0) == [0..<2])
    #expect(scheduler.late(rank: 0, index: 1) == .failed(tries: 1))
    #expect(scheduler.completed == 1)
    var vanished = scheduler
    vanished.gone(rank: 0)
    #expect(vanished.completed == 1)
    #expect(vanished.nextAssignment() == .init(rank: 1, chunk: 0..<1))
    // The result of the item before it can't be sent.
    #expect(scheduler.threw(rank: 0, index: 0) == .failed(tries: 1))
    scheduler.returned(rank: 0, chunk: 0..<2, completed: 1)
    #expect(scheduler.isFinished && scheduler.completed == 2)
  }
}
