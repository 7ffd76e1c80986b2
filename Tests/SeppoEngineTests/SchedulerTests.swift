import SeppoEngine
import Testing

@Suite("Who gets which items when")
struct SchedulerTests {
  @Test("Nothing to do is done at once")
  func empty() {
    var scheduler = Scheduler(count: 0, ranks: 3, rule: .automatic)
    scheduler.joined(rank: 0, threads: 1)
    #expect(scheduler.isFinished)
    #expect(scheduler.nextAssignment() == nil)
  }

  @Test("Each rank gets a chunk before any gets a second one")
  func firstThenAhead() {
    var scheduler = Scheduler(count: 100, ranks: 3, rule: .items(1))
    for rank in 0..<3 { scheduler.joined(rank: rank, threads: 1) }
    let ranks = (0..<6).map { _ in scheduler.nextAssignment()?.rank }
    #expect(ranks == [0, 1, 2, 0, 1, 2])
    #expect(scheduler.nextAssignment() == nil)
  }

  @Test("What is ahead is replaced as often as it is begun")
  func alwaysOneAhead() {
    var scheduler = Scheduler(count: 100, ranks: 1, rule: .items(1))
    scheduler.joined(rank: 0, threads: 1)
    for item in 0..<90 {
      while scheduler.nextAssignment() != nil {}
      #expect(scheduler.held(by: 0) == [item..<(item + 1), (item + 1)..<(item + 2)])
      scheduler.returned(rank: 0, chunk: item..<(item + 1), completed: 1)
    }
  }

  @Test("The last items are left for whoever is free first")
  func nobodyHoardsTheEnd() {
    var scheduler = Scheduler(count: 5, ranks: 4, rule: .automatic)
    for rank in 0..<4 { scheduler.joined(rank: rank, threads: 1) }
    for rank in 0..<4 { #expect(scheduler.nextAssignment() == .init(rank: rank, chunk: rank..<(rank + 1))) }
    #expect(scheduler.nextAssignment() == nil)
    scheduler.returned(rank: 2, chunk: 2..<3, completed: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 2, chunk: 4..<5))
  }

  @Test("After a throw nothing above it is handed out, and what is below is")
  func stopsAfterAThrow() {
    var scheduler = Scheduler(count: 100, ranks: 2, rule: .items(10))
    scheduler.joined(rank: 0, threads: 1)
    scheduler.joined(rank: 1, threads: 1)
    #expect(scheduler.nextAssignment()?.chunk == 0..<10)
    #expect(scheduler.nextAssignment()?.chunk == 10..<20)
    #expect(scheduler.nextAssignment()?.chunk == 20..<30)
    #expect(scheduler.threw(rank: 1, index: 14) == .failed(tries: 1))
    scheduler.returned(rank: 1, chunk: 10..<20, completed: 5)
    #expect(scheduler.bound == 14)
    #expect(scheduler.nextAssignment() == nil)
    #expect(!scheduler.isFinished)
    // The chunk ahead is given back untouched; the one below the throw is finished, and throws too.
    scheduler.returned(rank: 0, chunk: 20..<30, completed: 0)
    #expect(scheduler.threw(rank: 0, index: 3) == .failed(tries: 1))
    scheduler.returned(rank: 0, chunk: 0..<10, completed: 4)
    #expect(scheduler.bound == 3)
    #expect(scheduler.isFinished)
  }

  @Test("What a lost rank held goes to others, the lowest first")
  func lostRank() {
    var scheduler = Scheduler(count: 30, ranks: 2, rule: .items(10))
    scheduler.joined(rank: 1, threads: 1)
    #expect(scheduler.nextAssignment()?.chunk == 0..<10)
    #expect(scheduler.nextAssignment()?.chunk == 10..<20)
    scheduler.gone(rank: 1)
    scheduler.joined(rank: 0, threads: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 0..<10))
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 10..<20))
  }

  @Test("What came back not begun is handed out again, before anything else")
  func handedBack() {
    var scheduler = Scheduler(count: 30, ranks: 2, rule: .items(10))
    scheduler.joined(rank: 0, threads: 1)
    #expect(scheduler.nextAssignment()?.chunk == 0..<10)
    // A rank may know of a throw, and stop, before rank 0 hears of it.
    scheduler.returned(rank: 0, chunk: 0..<10, completed: 4)
    #expect(scheduler.completed == 4)
    #expect(scheduler.nextAssignment()?.chunk == 4..<10)
    #expect(scheduler.nextAssignment()?.chunk == 10..<20)
  }

  @Test("A large map on many ranks stays quick: 250,000 items, a thousand ranks, single")
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
    #expect(first == Array(0..<1_000) + Array(0..<1_000), "a rank was passed over")
  }
}
