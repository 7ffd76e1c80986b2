import SeppoEngine
import Testing

@Suite("Maps that begin where an earlier job ended, or end early")
struct ResumedMapTests {
  private func scheduler(
    count: Int, threads: [Int], rule: ChunkRule = .items(1), retries: Int = 0, failuresDecide: Bool = true,
    done: [Range<Int>] = [], alone: [Int] = []
  ) -> Scheduler {
    var scheduler = Scheduler(
      count: count, ranks: threads.count, rule: rule, retries: retries, failuresDecide: failuresDecide, done: done,
      alone: alone)
    for (rank, threads) in threads.enumerated() where threads > 0 { scheduler.joined(rank: rank, threads: threads) }
    return scheduler
  }

  private func given(_ scheduler: inout Scheduler) -> [Scheduler.Assignment] {
    var given: [Scheduler.Assignment] = []
    while let assignment = scheduler.nextAssignment() { given.append(assignment) }
    return given
  }

  // MARK: What is done

  @Test("What is done already isn't handed out, and counts")
  func gaps() {
    var scheduler = scheduler(count: 20, threads: [1], rule: .items(4), done: [0..<2, 5..<10, 12..<13, 18..<20])
    #expect(scheduler.completed == 10)
    var chunks: [Range<Int>] = []
    while let assignment = scheduler.nextAssignment() {
      chunks.append(assignment.chunk)
      scheduler.returned(rank: 0, chunk: assignment.chunk, completed: assignment.chunk.count)
    }
    #expect(chunks == [2..<5, 10..<12, 13..<17, 17..<18])
    #expect(scheduler.isFinished && scheduler.completed == 20)
  }

  @Test("Where all is done the map has ended, and ranks may still come", arguments: [[0..<6], [0..<3, 3..<6]])
  func allDone(done: [Range<Int>]) {
    var scheduler = scheduler(count: 6, threads: [1, 0], done: done)
    #expect(scheduler.isFinished && scheduler.completed == 6)
    scheduler.joined(rank: 1, threads: 2)
    #expect(scheduler.nextAssignment() == nil && scheduler.nextRecall() == nil)
    #expect(scheduler.isFinished && !scheduler.isStranded)
  }

  @Test("A beginning takes the time of the ranges, not of the items")
  func largeBeginning() {
    let count = Int.max / 4
    var scheduler = scheduler(count: count, threads: [1], done: [0..<(count - 3), (count - 2)..<count])
    #expect(scheduler.completed == count - 1)
    #expect(given(&scheduler).map(\.chunk) == [(count - 3)..<(count - 2)])
  }

  @Test("Every item that is open is computed, whatever is done", arguments: [1, 3])
  func manyGaps(unit: Int) {
    let done = stride(from: 0, to: 30_000, by: 3).map { $0..<($0 + 1) }
    var scheduler = scheduler(count: 30_000, threads: [1, 1], rule: .items(unit), done: done)
    var times = Array(repeating: 0, count: 30_000)
    while let assignment = scheduler.nextAssignment() {
      for item in assignment.chunk { times[item] += 1 }
      scheduler.returned(rank: assignment.rank, chunk: assignment.chunk, completed: assignment.chunk.count)
    }
    #expect(times.indices.allSatisfy { times[$0] == ($0 % 3 == 0 ? 0 : 1) })
    #expect(scheduler.isFinished && scheduler.completed == 30_000)
  }

  // MARK: Quarantine

  @Test("A suspect comes first, by itself, and its rank gets nothing else; rank 0 gets none")
  func quarantine() {
    var scheduler = scheduler(count: 100, threads: [1, 2, 2], rule: .items(10), alone: [40, 70, 71])
    let first = given(&scheduler)
    #expect(first.prefix(3).map(\.rank) == [0, 1, 2])
    #expect(first.prefix(3).map(\.chunk) == [0..<10, 40..<41, 70..<71])
    #expect(first.dropFirst(3).allSatisfy { $0.rank == 0 })
    scheduler.returned(rank: 1, chunk: 40..<41, completed: 1)
    #expect(given(&scheduler) == [.init(rank: 1, chunk: 71..<72)])
    // There is none for rank 2 any more.
    scheduler.returned(rank: 2, chunk: 70..<71, completed: 1)
    let rest = given(&scheduler)
    #expect(rest.count == 4 && rest.allSatisfy { $0.rank == 2 })
    #expect(scheduler.completed == 2)
  }

  @Test("They wait for a rank that has not come yet, and rank 0 goes on with the others")
  func waitForOthers() {
    var scheduler = scheduler(count: 4, threads: [1, 0], alone: [0, 2])
    #expect(given(&scheduler).map(\.chunk) == [1..<2])
    scheduler.returned(rank: 0, chunk: 1..<2, completed: 1)
    #expect(given(&scheduler).map(\.chunk) == [3..<4])
    scheduler.returned(rank: 0, chunk: 3..<4, completed: 1)
    #expect(given(&scheduler).isEmpty)
    #expect(!scheduler.isFinished && !scheduler.isStuck && !scheduler.isStranded)
    scheduler.joined(rank: 1, threads: 4)
    #expect(given(&scheduler) == [.init(rank: 1, chunk: 0..<1)])
    scheduler.returned(rank: 1, chunk: 0..<1, completed: 1)
    #expect(given(&scheduler) == [.init(rank: 1, chunk: 2..<3)])
    scheduler.returned(rank: 1, chunk: 2..<3, completed: 1)
    #expect(scheduler.isFinished && scheduler.completed == 4)
  }

  @Test("One rank that is alone takes them, one after the other, before all else")
  func oneRank() {
    var scheduler = scheduler(count: 4, threads: [2], alone: [1, 3])
    for chunk in [1..<2, 3..<4] {
      #expect(given(&scheduler) == [.init(rank: 0, chunk: chunk)])
      scheduler.returned(rank: 0, chunk: chunk, completed: 1)
    }
    #expect(given(&scheduler).map(\.chunk) == [0..<1, 2..<3])
  }

  @Test("A suspect whose rank is gone is for another one; where there is none, that is said")
  func fatal() {
    var scheduler = scheduler(count: 3, threads: [1, 1, 1], alone: [1])
    #expect(given(&scheduler).contains(.init(rank: 1, chunk: 1..<2)))
    scheduler.gone(rank: 1)
    #expect(given(&scheduler).isEmpty)
    scheduler.returned(rank: 0, chunk: 0..<1, completed: 1)
    scheduler.returned(rank: 2, chunk: 2..<3, completed: 1)
    #expect(given(&scheduler) == [.init(rank: 2, chunk: 1..<2)])
    #expect(!scheduler.isStranded)
    scheduler.gone(rank: 2)
    #expect(given(&scheduler).isEmpty)
    #expect(scheduler.isStranded && !scheduler.isFinished && scheduler.holdsNothing)
  }

  @Test("It waits until a rank holds nothing, and a thread that is idle meanwhile gets other items")
  func waitsForAnEmptyRank() {
    var scheduler = scheduler(count: 5, threads: [0, 1, 0], alone: [0])
    #expect(given(&scheduler) == [.init(rank: 1, chunk: 0..<1)])
    scheduler.joined(rank: 2, threads: 2)
    #expect(given(&scheduler).map(\.chunk) == [1..<2, 2..<3])
    scheduler.gone(rank: 1)
    for item in [1, 3] {
      scheduler.returned(rank: 2, chunk: item..<(item + 1), completed: 1)
      #expect(given(&scheduler).map(\.chunk) == [(item == 1 ? 3..<4 : 4..<5)])
    }
    // One of its threads is idle.
    scheduler.returned(rank: 2, chunk: 4..<5, completed: 1)
    #expect(given(&scheduler).isEmpty)
    scheduler.returned(rank: 2, chunk: 2..<3, completed: 1)
    #expect(given(&scheduler) == [.init(rank: 2, chunk: 0..<1)])
  }

  @Test("One that has failed is tried again as any other")
  func failed() {
    var scheduler = scheduler(count: 8, threads: [1, 1], retries: 1, alone: [0])
    #expect(given(&scheduler).contains(.init(rank: 1, chunk: 0..<1)))
    #expect(scheduler.threw(rank: 1, index: 0) == .again)
    scheduler.returned(rank: 1, chunk: 0..<1, completed: 1)
    // Rank 1 has something else at once, and one ahead; rank 0 gets what failed there.
    #expect(given(&scheduler).map(\.rank) == [1, 1])
    scheduler.returned(rank: 0, chunk: 1..<2, completed: 1)
    #expect(given(&scheduler).contains(.init(rank: 0, chunk: 0..<1)))
    #expect(scheduler.threw(rank: 0, index: 0) == .failed(tries: 2))
  }

  @Test("One that is late binds its rank no more, whose other threads go on")
  func late() {
    var scheduler = scheduler(count: 4, threads: [0, 2], alone: [0])
    #expect(given(&scheduler) == [.init(rank: 1, chunk: 0..<1)])
    scheduler.returned(rank: 1, ranges: [], behindLate: true)
    #expect(scheduler.late(rank: 1, index: 0) == .failed(tries: 1))
    #expect(scheduler.isFinished == false && scheduler.bound == 0)
    var kept = self.scheduler(count: 4, threads: [0, 2], failuresDecide: false, alone: [0])
    #expect(given(&kept) == [.init(rank: 1, chunk: 0..<1)])
    kept.returned(rank: 1, ranges: [], behindLate: true)
    #expect(kept.late(rank: 1, index: 0) == .failed(tries: 1))
    #expect(given(&kept).first == .init(rank: 1, chunk: 1..<2))
  }

  @Test("One that isn't begun, or can't be sent, leaves its rank free; the first waits to be given alone again")
  func unstarted() {
    var scheduler = scheduler(count: 9, threads: [0, 2], failuresDecide: false, alone: [3, 5])
    #expect(given(&scheduler) == [.init(rank: 1, chunk: 3..<4)])
    scheduler.returned(rank: 1, chunk: 3..<4, completed: 0)
    #expect(given(&scheduler) == [.init(rank: 1, chunk: 3..<4)])
    scheduler.failedToSend(rank: 1, chunk: 3..<4, index: 3)
    #expect(scheduler.completed == 1)
    #expect(given(&scheduler) == [.init(rank: 1, chunk: 5..<6)])
  }

  @Test("Those above an item that failed are dropped")
  func bound() {
    var scheduler = scheduler(count: 6, threads: [1, 0], alone: [0, 4])
    #expect(given(&scheduler).first?.chunk == 1..<2)
    #expect(scheduler.threw(rank: 0, index: 1) == .failed(tries: 1))
    for chunk in scheduler.held(by: 0) {
      scheduler.returned(rank: 0, chunk: chunk, completed: chunk == 1..<2 ? 1 : 0)
    }
    #expect(!scheduler.isFinished)
    scheduler.joined(rank: 1, threads: 1)
    #expect(given(&scheduler) == [.init(rank: 1, chunk: 0..<1)])
    scheduler.returned(rank: 1, chunk: 0..<1, completed: 1)
    #expect(scheduler.isFinished)
  }

  @Test("Nothing is called back for the threads beside a suspect")
  func besideASuspect() {
    var scheduler = scheduler(count: 11, threads: [0, 4, 0], alone: [10])
    #expect(given(&scheduler).map(\.chunk) == [10..<11])
    scheduler.joined(rank: 0, threads: 1)
    #expect(given(&scheduler).map(\.chunk) == [0..<1, 1..<2])
    scheduler.joined(rank: 2, threads: 1)
    while let assignment = scheduler.nextAssignment() {
      scheduler.returned(rank: 2, chunk: assignment.chunk, completed: 1)
    }
    scheduler.gone(rank: 2)
    #expect(scheduler.nextRecall() == nil)
    scheduler.returned(rank: 1, chunk: 10..<11, completed: 1)
    #expect(scheduler.nextRecall() == 0)
  }

  @Test("Rank 0, which may take no suspect, gets what others hold meanwhile")
  func rootGetsTheStock() {
    var scheduler = scheduler(count: 6, threads: [0, 1, 0], alone: [5])
    #expect(given(&scheduler).map(\.chunk) == [5..<6])
    scheduler.joined(rank: 2, threads: 1)
    #expect(given(&scheduler).map(\.chunk) == [0..<1, 1..<2])
    scheduler.gone(rank: 1)
    scheduler.joined(rank: 0, threads: 1)
    while let assignment = scheduler.nextAssignment() {
      scheduler.returned(rank: 0, chunk: assignment.chunk, completed: 1)
    }
    #expect(scheduler.held(by: 2).count == 2 && !scheduler.isFinished)
    #expect(scheduler.nextRecall() == 2)
  }

  // MARK: Failures known from before

  @Test("An item that had failed isn't handed out, and counts", arguments: [[], [0..<3, 7..<8]])
  func failedBefore(done: [Range<Int>]) {
    var scheduler = Scheduler(
      count: 10, ranks: 1, rule: .items(4), failuresDecide: false, done: done)
    for item in [5, 9, 4] { scheduler.failedBefore(index: item) }
    scheduler.joined(rank: 0, threads: 1)
    var items: [Int] = []
    while let assignment = scheduler.nextAssignment() {
      items += assignment.chunk
      scheduler.returned(rank: 0, chunk: assignment.chunk, completed: assignment.chunk.count)
    }
    #expect(items == (0..<10).filter { item in !done.contains { $0.contains(item) } && ![4, 5, 9].contains(item) })
    #expect(scheduler.isFinished && scheduler.completed == 10 && scheduler.bound == 10)
  }

  @Test("Where failures decide nothing above it is begun, suspects neither, and a lower one decides still")
  func decidedBefore() {
    var scheduler = Scheduler(count: 10, ranks: 1, rule: .items(4), done: [1..<3], alone: [0, 8])
    scheduler.failedBefore(index: 9)
    scheduler.failedBefore(index: 5)
    scheduler.failedBefore(index: 6)
    #expect(scheduler.bound == 5 && scheduler.completed == 5)
    scheduler.joined(rank: 0, threads: 1)
    #expect(given(&scheduler).map(\.chunk) == [0..<1])
    scheduler.returned(rank: 0, chunk: 0..<1, completed: 1)
    #expect(given(&scheduler).map(\.chunk) == [3..<5])
    #expect(scheduler.threw(rank: 0, index: 3) == .failed(tries: 1))
    scheduler.returned(rank: 0, chunk: 3..<5, completed: 1)
    #expect(scheduler.isFinished && scheduler.bound == 3)
  }

  // MARK: Stopping

  @Test("A map that is stopped hands out nothing, calls nothing back, and takes what comes")
  func stop() {
    var scheduler = scheduler(count: 8, threads: [1, 0], rule: .items(2), retries: 1, alone: [7])
    #expect(given(&scheduler).map(\.chunk) == [0..<2, 2..<4])
    scheduler.stop()
    scheduler.joined(rank: 1, threads: 1)
    #expect(scheduler.nextAssignment() == nil && scheduler.nextRecall() == nil)
    #expect(scheduler.threw(rank: 0, index: 0) == .again)
    scheduler.returned(rank: 0, chunk: 0..<2, completed: 1)
    #expect(!scheduler.holdsNothing)
    scheduler.returned(rank: 0, chunk: 2..<4, completed: 0)
    #expect(scheduler.holdsNothing && !scheduler.isFinished)
    #expect(scheduler.completed == 0)
    #expect(scheduler.nextAssignment() == nil)
  }

  @Test("Nor does it call back what one rank holds for another that is idle")
  func stopCallsNothingBack() {
    var scheduler = scheduler(count: 4, threads: [1, 0])
    _ = given(&scheduler)
    scheduler.joined(rank: 1, threads: 1)
    while let assignment = scheduler.nextAssignment() {
      scheduler.returned(rank: assignment.rank, chunk: assignment.chunk, completed: 1)
    }
    var stopped = scheduler
    stopped.stop()
    #expect(scheduler.nextRecall() == 0 && stopped.nextRecall() == nil)
  }
}
