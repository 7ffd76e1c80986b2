import SeppoEngine
import Testing

@Suite("Retries of failed and overdue items")
struct RetryTests {
  /// Returns a scheduler of ranks with these numbers of threads, and the first assignments.
  private func schedulerAfterFirstAssignments(
    count: Int, threads: [Int], rule: ChunkRule = .items(1), retries: Int = 1, failsFast: Bool = false
  ) -> (scheduler: Scheduler, assigned: [Scheduler.Assignment]) {
    var scheduler = Scheduler(
      count: count, ranks: threads.count, rule: rule, retries: retries, failsFast: failsFast)
    for (rank, threads) in threads.enumerated() { scheduler.joined(rank: rank, threads: threads) }
    var assigned: [Scheduler.Assignment] = []
    while let assignment = scheduler.nextAssignment() { assigned.append(assignment) }
    return (scheduler, assigned)
  }

  private func fail(_ index: Int, on rank: Int, _ scheduler: inout Scheduler) -> Scheduler.Verdict {
    let verdict = scheduler.failed(rank: rank, index: index)
    scheduler.returned(rank: rank, chunk: index..<(index + 1), completed: 1)
    return verdict
  }

  @Test("A failed item is retried on another rank, up to the maximum, and then has failed permanently")
  func elsewhere() {
    var (scheduler, assigned) = schedulerAfterFirstAssignments(count: 2, threads: [1, 1], retries: 2)
    #expect(assigned == [.init(rank: 0, chunk: 0..<1), .init(rank: 1, chunk: 1..<2)])
    #expect(fail(0, on: 0, &scheduler) == .retry)
    #expect(scheduler.completed == 0)
    #expect(scheduler.nextAssignment() == nil)
    scheduler.returned(rank: 1, chunk: 1..<2, completed: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 1, chunk: 0..<1))
    #expect(fail(0, on: 1, &scheduler) == .retry)
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<1))
    #expect(fail(0, on: 0, &scheduler) == .failed(tries: 3))
    #expect(scheduler.isFinished && scheduler.completed == 2)
  }

  @Test("With a single rank, an item is retried on the same rank")
  func onlyRank() {
    var (scheduler, _) = schedulerAfterFirstAssignments(count: 1, threads: [1])
    #expect(fail(0, on: 0, &scheduler) == .retry)
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<1))
    #expect(fail(0, on: 0, &scheduler) == .failed(tries: 2))
    #expect(scheduler.isFinished)
  }

  @Test("If the rank that retries an item is lost, a third rank retries it")
  func lost() {
    var (scheduler, _) = schedulerAfterFirstAssignments(count: 3, threads: [1, 1, 1])
    #expect(fail(0, on: 0, &scheduler) == .retry)
    scheduler.returned(rank: 1, chunk: 1..<2, completed: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 1, chunk: 0..<1))
    scheduler.lost(rank: 1)
    #expect(scheduler.nextAssignment() == nil)
    scheduler.returned(rank: 2, chunk: 2..<3, completed: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 2, chunk: 0..<1))
  }

  @Test("An overdue item is retried, but not on a rank that is still computing it")
  func stillRunning() {
    var (scheduler, _) = schedulerAfterFirstAssignments(count: 2, threads: [2])
    scheduler.returned(rank: 0, ranges: [], behindOverdue: true)
    #expect(scheduler.overdue(rank: 0, index: 0) == .retry)
    #expect(scheduler.completed == 0)
    scheduler.returned(rank: 0, chunk: 1..<2, completed: 1)
    #expect(scheduler.nextAssignment() == nil)
    #expect(scheduler.isStuck && !scheduler.isFinished)
    #expect(scheduler.failed(rank: 0, index: 0) == .alreadyKnown)
    scheduler.returned(rank: 0, chunk: 0..<1, completed: 1)
    #expect(scheduler.completed == 1)
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<1))
    scheduler.returned(rank: 0, chunk: 0..<1, completed: 1)
    #expect(scheduler.isFinished && scheduler.completed == 2)
  }

  @Test("A rank whose threads are all blocked by overdue items can't take a retry")
  func othersAreBlocked() {
    var (scheduler, _) = schedulerAfterFirstAssignments(count: 2, threads: [1, 1])
    #expect(scheduler.overdue(rank: 1, index: 1) == .retry)
    #expect(fail(0, on: 0, &scheduler) == .retry)
    // The lowest item that failed on the same rank; rank 1 can't take it.
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<1))
  }

  @Test("An overdue item without retries left is done, whether its chunk is returned or not")
  func overdueWithoutRetries() {
    var (scheduler, _) = schedulerAfterFirstAssignments(count: 2, threads: [1, 1], rule: .items(2), retries: 0)
    #expect(scheduler.held(by: 0) == [0..<2])
    #expect(scheduler.overdue(rank: 0, index: 1) == .failed(tries: 1))
    #expect(scheduler.completed == 1)
    var lost = scheduler
    lost.lost(rank: 0)
    #expect(lost.completed == 1)
    #expect(lost.nextAssignment() == .init(rank: 1, chunk: 0..<1))
    // The result of the item before it can't be sent.
    #expect(scheduler.failed(rank: 0, index: 0) == .failed(tries: 1))
    scheduler.returned(rank: 0, chunk: 0..<2, completed: 1)
    #expect(scheduler.isFinished && scheduler.completed == 2)
  }
}
