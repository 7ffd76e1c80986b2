import SeppoEngine
import Testing

@Suite("The scheduler")
struct SchedulerTests {
  @Test("A map without items is finished at once")
  func empty() {
    var scheduler = Scheduler(count: 0, ranks: 3, rule: .automatic)
    scheduler.joined(rank: 0, threads: 1)
    #expect(scheduler.isFinished)
    #expect(scheduler.nextAssignment() == nil)
  }

  @Test("Each rank gets a chunk before any rank prefetches a second one")
  func firstThenPrefetched() {
    var scheduler = Scheduler(count: 100, ranks: 3, rule: .items(1))
    for rank in 0..<3 { scheduler.joined(rank: rank, threads: 1) }
    let ranks = (0..<6).map { _ in scheduler.nextAssignment()?.rank }
    #expect(ranks == [0, 1, 2, 0, 1, 2])
    #expect(scheduler.nextAssignment() == nil)
  }

  @Test("A prefetched chunk is replaced when it is started")
  func alwaysOnePrefetched() {
    var scheduler = Scheduler(count: 100, ranks: 1, rule: .items(1))
    scheduler.joined(rank: 0, threads: 1)
    for item in 0..<90 {
      while scheduler.nextAssignment() != nil {}
      #expect(scheduler.held(by: 0) == [item..<(item + 1), (item + 1)..<(item + 2)])
      scheduler.returned(rank: 0, chunk: item..<(item + 1), completed: 1)
    }
  }

  @Test("The last items are left for the first idle rank")
  func lastItemsAreNotPrefetched() {
    var scheduler = Scheduler(count: 5, ranks: 4, rule: .automatic)
    for rank in 0..<4 { scheduler.joined(rank: rank, threads: 1) }
    for rank in 0..<4 { #expect(scheduler.nextAssignment() == .init(rank: rank, chunk: rank..<(rank + 1))) }
    #expect(scheduler.nextAssignment() == nil)
    scheduler.returned(rank: 2, chunk: 2..<3, completed: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 2, chunk: 4..<5))
  }

  @Test("After a failure, only items below it are assigned")
  func stopsAfterAFailure() {
    var scheduler = Scheduler(count: 100, ranks: 2, rule: .items(10))
    scheduler.joined(rank: 0, threads: 1)
    scheduler.joined(rank: 1, threads: 1)
    #expect(scheduler.nextAssignment()?.chunk == 0..<10)
    #expect(scheduler.nextAssignment()?.chunk == 10..<20)
    #expect(scheduler.nextAssignment()?.chunk == 20..<30)
    #expect(scheduler.failed(rank: 1, index: 14) == .failed(tries: 1))
    scheduler.returned(rank: 1, chunk: 10..<20, completed: 5)
    #expect(scheduler.bound == 14)
    #expect(scheduler.nextAssignment() == nil)
    #expect(!scheduler.isFinished)
    // The prefetched chunk is returned unstarted; an item below the failure fails too.
    scheduler.returned(rank: 0, chunk: 20..<30, completed: 0)
    #expect(scheduler.failed(rank: 0, index: 3) == .failed(tries: 1))
    scheduler.returned(rank: 0, chunk: 0..<10, completed: 4)
    #expect(scheduler.bound == 3)
    #expect(scheduler.isFinished)
  }

  @Test("The items of a lost rank go to others, the lowest first")
  func lostRank() {
    var scheduler = Scheduler(count: 30, ranks: 2, rule: .items(10))
    scheduler.joined(rank: 1, threads: 1)
    #expect(scheduler.nextAssignment()?.chunk == 0..<10)
    #expect(scheduler.nextAssignment()?.chunk == 10..<20)
    scheduler.lost(rank: 1)
    scheduler.joined(rank: 0, threads: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<10))
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 10..<20))
  }

  @Test("Items returned unstarted are assigned again before all others")
  func returnedUnstarted() {
    var scheduler = Scheduler(count: 30, ranks: 2, rule: .items(10))
    scheduler.joined(rank: 0, threads: 1)
    #expect(scheduler.nextAssignment()?.chunk == 0..<10)
    // A rank may learn of a failure, and stop, before rank 0 does.
    scheduler.returned(rank: 0, chunk: 0..<10, completed: 4)
    #expect(scheduler.completed == 4)
    #expect(scheduler.nextAssignment()?.chunk == 4..<10)
    #expect(scheduler.nextAssignment()?.chunk == 10..<20)
  }

  @Test("A large map is fast: 250,000 single items on 1,000 ranks")
  func largeMap() {
    var scheduler = Scheduler(count: 250_000, ranks: 1_000, rule: .items(1))
    for rank in 0..<1_000 { scheduler.joined(rank: rank, threads: 1) }
    var handed = 0
    var first: [Int] = []
    var back: [Scheduler.Assignment] = []
    while !scheduler.isFinished {
      while let assignment = scheduler.nextAssignment() {
        handed += 1
        if handed <= 2_000 { first.append(assignment.rank) }
        back.append(assignment)
      }
      for assignment in back { scheduler.returned(rank: assignment.rank, chunk: assignment.chunk, completed: 1) }
      back.removeAll(keepingCapacity: true)
    }
    #expect(handed == 250_000)
    #expect(first == Array(0..<1_000) + Array(0..<1_000), "a rank was skipped")
  }
}
