import SeppoEngine
import Testing

@Suite("Resumed and stopped maps")
struct ResumedMapTests {
  private func scheduler(
    count: Int, threads: [Int], rule: ChunkRule = .items(1), retries: Int = 0, failsFast: Bool = true,
    done: [Range<Int>] = [], quarantine: [Int] = []
  ) -> Scheduler {
    var scheduler = Scheduler(
      count: count, ranks: threads.count, rule: rule, retries: retries, failsFast: failsFast, done: done,
      quarantine: quarantine)
    for (rank, threads) in threads.enumerated() where threads > 0 { scheduler.joined(rank: rank, threads: threads) }
    return scheduler
  }

  private func assigned(_ scheduler: inout Scheduler) -> [Scheduler.Assignment] {
    var assigned: [Scheduler.Assignment] = []
    while let assignment = scheduler.nextAssignment() { assigned.append(assignment) }
    return assigned
  }

  // MARK: Done items

  @Test("Items that are already done aren't assigned, and count as completed")
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

  @Test("If all items are done, the map is finished, and ranks may still join", arguments: [[0..<6], [0..<3, 3..<6]])
  func allDone(done: [Range<Int>]) {
    var scheduler = scheduler(count: 6, threads: [1, 0], done: done)
    #expect(scheduler.isFinished && scheduler.completed == 6)
    scheduler.joined(rank: 1, threads: 2)
    #expect(scheduler.nextAssignment() == nil && scheduler.nextRecall() == nil)
    #expect(scheduler.isFinished && !scheduler.isStranded)
  }

  @Test("The start takes time proportional to the number of ranges, not of items")
  func largeStart() {
    let count = Int.max / 4
    var scheduler = scheduler(count: count, threads: [1], done: [0..<(count - 3), (count - 2)..<count])
    #expect(scheduler.completed == count - 1)
    #expect(assigned(&scheduler).map(\.chunk) == [(count - 3)..<(count - 2)])
  }

  @Test("Every item that isn't done is computed", arguments: [1, 3])
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

  @Test("A quarantined item is assigned first, by itself, and never to rank 0")
  func quarantine() {
    var scheduler = scheduler(count: 100, threads: [1, 2, 2], rule: .items(10), quarantine: [40, 70, 71])
    let first = assigned(&scheduler)
    #expect(first.prefix(3).map(\.rank) == [0, 1, 2])
    #expect(first.prefix(3).map(\.chunk) == [0..<10, 40..<41, 70..<71])
    #expect(first.dropFirst(3).allSatisfy { $0.rank == 0 })
    scheduler.returned(rank: 1, chunk: 40..<41, completed: 1)
    #expect(assigned(&scheduler) == [.init(rank: 1, chunk: 71..<72)])
    // None is left for rank 2.
    scheduler.returned(rank: 2, chunk: 70..<71, completed: 1)
    let rest = assigned(&scheduler)
    #expect(rest.count == 4 && rest.allSatisfy { $0.rank == 2 })
    #expect(scheduler.completed == 2)
  }

  @Test("Quarantined items wait for another rank to join, while rank 0 computes the others")
  func waitForOthers() {
    var scheduler = scheduler(count: 4, threads: [1, 0], quarantine: [0, 2])
    #expect(assigned(&scheduler).map(\.chunk) == [1..<2])
    scheduler.returned(rank: 0, chunk: 1..<2, completed: 1)
    #expect(assigned(&scheduler).map(\.chunk) == [3..<4])
    scheduler.returned(rank: 0, chunk: 3..<4, completed: 1)
    #expect(assigned(&scheduler).isEmpty)
    #expect(!scheduler.isFinished && !scheduler.isStuck && !scheduler.isStranded)
    scheduler.joined(rank: 1, threads: 4)
    #expect(assigned(&scheduler) == [.init(rank: 1, chunk: 0..<1)])
    scheduler.returned(rank: 1, chunk: 0..<1, completed: 1)
    #expect(assigned(&scheduler) == [.init(rank: 1, chunk: 2..<3)])
    scheduler.returned(rank: 1, chunk: 2..<3, completed: 1)
    #expect(scheduler.isFinished && scheduler.completed == 4)
  }

  @Test("A single rank gets quarantined items one at a time, before all others")
  func oneRank() {
    var scheduler = scheduler(count: 4, threads: [2], quarantine: [1, 3])
    for chunk in [1..<2, 3..<4] {
      #expect(assigned(&scheduler) == [.init(rank: 0, chunk: chunk)])
      scheduler.returned(rank: 0, chunk: chunk, completed: 1)
    }
    #expect(assigned(&scheduler).map(\.chunk) == [0..<1, 2..<3])
  }

  @Test("A quarantined item of a lost rank goes to another one; if there is none, the map is stranded")
  func fatal() {
    var scheduler = scheduler(count: 3, threads: [1, 1, 1], quarantine: [1])
    #expect(assigned(&scheduler).contains(.init(rank: 1, chunk: 1..<2)))
    scheduler.lost(rank: 1)
    #expect(assigned(&scheduler).isEmpty)
    scheduler.returned(rank: 0, chunk: 0..<1, completed: 1)
    scheduler.returned(rank: 2, chunk: 2..<3, completed: 1)
    #expect(assigned(&scheduler) == [.init(rank: 2, chunk: 1..<2)])
    #expect(!scheduler.isStranded)
    scheduler.lost(rank: 2)
    #expect(assigned(&scheduler).isEmpty)
    #expect(scheduler.isStranded && !scheduler.isFinished && scheduler.holdsNothing)
  }

  @Test("A quarantined item waits until a rank holds nothing, while idle threads get other items")
  func waitsForAnEmptyRank() {
    var scheduler = scheduler(count: 5, threads: [0, 1, 0], quarantine: [0])
    #expect(assigned(&scheduler) == [.init(rank: 1, chunk: 0..<1)])
    scheduler.joined(rank: 2, threads: 2)
    #expect(assigned(&scheduler).map(\.chunk) == [1..<2, 2..<3])
    scheduler.lost(rank: 1)
    for item in [1, 3] {
      scheduler.returned(rank: 2, chunk: item..<(item + 1), completed: 1)
      #expect(assigned(&scheduler).map(\.chunk) == [(item == 1 ? 3..<4 : 4..<5)])
    }
    // One of its threads is idle.
    scheduler.returned(rank: 2, chunk: 4..<5, completed: 1)
    #expect(assigned(&scheduler).isEmpty)
    scheduler.returned(rank: 2, chunk: 2..<3, completed: 1)
    #expect(assigned(&scheduler) == [.init(rank: 2, chunk: 0..<1)])
  }

  @Test("A quarantined item that has failed is retried like any other")
  func failed() {
    var scheduler = scheduler(count: 8, threads: [1, 1], retries: 1, quarantine: [0])
    #expect(assigned(&scheduler).contains(.init(rank: 1, chunk: 0..<1)))
    #expect(scheduler.failed(rank: 1, index: 0) == .retry)
    scheduler.returned(rank: 1, chunk: 0..<1, completed: 1)
    // Rank 1 gets another chunk at once and prefetches one; rank 0 gets the failed item.
    #expect(assigned(&scheduler).map(\.rank) == [1, 1])
    scheduler.returned(rank: 0, chunk: 1..<2, completed: 1)
    #expect(assigned(&scheduler).contains(.init(rank: 0, chunk: 0..<1)))
    #expect(scheduler.failed(rank: 0, index: 0) == .failed(tries: 2))
  }

  @Test("An overdue quarantined item no longer blocks the other threads of its rank")
  func overdue() {
    var scheduler = scheduler(count: 4, threads: [0, 2], quarantine: [0])
    #expect(assigned(&scheduler) == [.init(rank: 1, chunk: 0..<1)])
    scheduler.returned(rank: 1, ranges: [], behindOverdue: true)
    #expect(scheduler.overdue(rank: 1, index: 0) == .failed(tries: 1))
    #expect(scheduler.isFinished == false && scheduler.bound == 0)
    var kept = self.scheduler(count: 4, threads: [0, 2], failsFast: false, quarantine: [0])
    #expect(assigned(&kept) == [.init(rank: 1, chunk: 0..<1)])
    kept.returned(rank: 1, ranges: [], behindOverdue: true)
    #expect(kept.overdue(rank: 1, index: 0) == .failed(tries: 1))
    #expect(assigned(&kept).first == .init(rank: 1, chunk: 1..<2))
  }

  @Test(
    "A quarantined item that is returned unstarted goes back to quarantine, and one that can't be sent frees its rank")
  func unstarted() {
    var scheduler = scheduler(count: 9, threads: [0, 2], failsFast: false, quarantine: [3, 5])
    #expect(assigned(&scheduler) == [.init(rank: 1, chunk: 3..<4)])
    scheduler.returned(rank: 1, chunk: 3..<4, completed: 0)
    #expect(assigned(&scheduler) == [.init(rank: 1, chunk: 3..<4)])
    scheduler.failedToSend(rank: 1, chunk: 3..<4, index: 3)
    #expect(scheduler.completed == 1)
    #expect(assigned(&scheduler) == [.init(rank: 1, chunk: 5..<6)])
  }

  @Test("Quarantined items above a failed item are dropped")
  func bound() {
    var scheduler = scheduler(count: 6, threads: [1, 0], quarantine: [0, 4])
    #expect(assigned(&scheduler).first?.chunk == 1..<2)
    #expect(scheduler.failed(rank: 0, index: 1) == .failed(tries: 1))
    for chunk in scheduler.held(by: 0) {
      scheduler.returned(rank: 0, chunk: chunk, completed: chunk == 1..<2 ? 1 : 0)
    }
    #expect(!scheduler.isFinished)
    scheduler.joined(rank: 1, threads: 1)
    #expect(assigned(&scheduler) == [.init(rank: 1, chunk: 0..<1)])
    scheduler.returned(rank: 1, chunk: 0..<1, completed: 1)
    #expect(scheduler.isFinished)
  }

  @Test("Nothing is recalled for idle threads of a rank that holds a quarantined item")
  func besideAQuarantinedItem() {
    var scheduler = scheduler(count: 11, threads: [0, 4, 0], quarantine: [10])
    #expect(assigned(&scheduler).map(\.chunk) == [10..<11])
    scheduler.joined(rank: 0, threads: 1)
    #expect(assigned(&scheduler).map(\.chunk) == [0..<1, 1..<2])
    scheduler.joined(rank: 2, threads: 1)
    while let assignment = scheduler.nextAssignment() {
      scheduler.returned(rank: 2, chunk: assignment.chunk, completed: 1)
    }
    scheduler.lost(rank: 2)
    #expect(scheduler.nextRecall() == nil)
    scheduler.returned(rank: 1, chunk: 10..<11, completed: 1)
    #expect(scheduler.nextRecall() == 0)
  }

  @Test("Rank 0, which is exempt from quarantine, gets unstarted items of others in the meantime")
  func rootGetsWaitingItems() {
    var scheduler = scheduler(count: 6, threads: [0, 1, 0], quarantine: [5])
    #expect(assigned(&scheduler).map(\.chunk) == [5..<6])
    scheduler.joined(rank: 2, threads: 1)
    #expect(assigned(&scheduler).map(\.chunk) == [0..<1, 1..<2])
    scheduler.lost(rank: 1)
    scheduler.joined(rank: 0, threads: 1)
    while let assignment = scheduler.nextAssignment() {
      scheduler.returned(rank: 0, chunk: assignment.chunk, completed: 1)
    }
    #expect(scheduler.held(by: 2).count == 2 && !scheduler.isFinished)
    #expect(scheduler.nextRecall() == 2)
  }

  // MARK: Earlier failures

  @Test("An item that failed before isn't assigned, and counts as completed", arguments: [[], [0..<3, 7..<8]])
  func failedBefore(done: [Range<Int>]) {
    var scheduler = Scheduler(
      count: 10, ranks: 1, rule: .items(4), failsFast: false, done: done)
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

  @Test("If failures end the map, no item above an earlier failure is assigned, and a lower failure still ends it")
  func endedBefore() {
    var scheduler = Scheduler(count: 10, ranks: 1, rule: .items(4), done: [1..<3], quarantine: [0, 8])
    scheduler.failedBefore(index: 9)
    scheduler.failedBefore(index: 5)
    scheduler.failedBefore(index: 6)
    #expect(scheduler.bound == 5 && scheduler.completed == 5)
    scheduler.joined(rank: 0, threads: 1)
    #expect(assigned(&scheduler).map(\.chunk) == [0..<1])
    scheduler.returned(rank: 0, chunk: 0..<1, completed: 1)
    #expect(assigned(&scheduler).map(\.chunk) == [3..<5])
    #expect(scheduler.failed(rank: 0, index: 3) == .failed(tries: 1))
    scheduler.returned(rank: 0, chunk: 3..<5, completed: 1)
    #expect(scheduler.isFinished && scheduler.bound == 3)
  }

  // MARK: Stopping

  @Test("A stopped map assigns and recalls nothing, and takes back chunks")
  func stop() {
    var scheduler = scheduler(count: 8, threads: [1, 0], rule: .items(2), retries: 1, quarantine: [7])
    #expect(assigned(&scheduler).map(\.chunk) == [0..<2, 2..<4])
    scheduler.stop()
    scheduler.joined(rank: 1, threads: 1)
    #expect(scheduler.nextAssignment() == nil && scheduler.nextRecall() == nil)
    #expect(scheduler.failed(rank: 0, index: 0) == .retry)
    scheduler.returned(rank: 0, chunk: 0..<2, completed: 1)
    #expect(!scheduler.holdsNothing)
    scheduler.returned(rank: 0, chunk: 2..<4, completed: 0)
    #expect(scheduler.holdsNothing && !scheduler.isFinished)
    #expect(scheduler.completed == 0)
    #expect(scheduler.nextAssignment() == nil)
  }

  @Test("A stopped map doesn't recall items for an idle rank")
  func stopRecallsNothing() {
    var scheduler = scheduler(count: 4, threads: [1, 0])
    _ = assigned(&scheduler)
    scheduler.joined(rank: 1, threads: 1)
    while let assignment = scheduler.nextAssignment() {
      scheduler.returned(rank: assignment.rank, chunk: assignment.chunk, completed: 1)
    }
    var stopped = scheduler
    stopped.stop()
    #expect(scheduler.nextRecall() == 0 && stopped.nextRecall() == nil)
  }
}
