import SeppoEngine
import Testing

@Suite("Recalls")
struct RecallTests {
  /// Returns a scheduler of two ranks: rank 1 is idle, rank 0 holds items 0 and 1.
  private func waiting(count: Int = 4, rule: ChunkRule = .items(1)) -> Scheduler {
    var scheduler = Scheduler(count: count, ranks: 2, rule: rule)
    scheduler.joined(rank: 0, threads: 1)
    while scheduler.nextAssignment() != nil {}
    scheduler.joined(rank: 1, threads: 1)
    while let assignment = scheduler.nextAssignment() {
      scheduler.returned(rank: 1, chunk: assignment.chunk, completed: assignment.chunk.count)
    }
    return scheduler
  }

  @Test("An idle rank gets the items that wait on another rank")
  func idleRankGetsWaitingItems() {
    var scheduler = waiting()
    #expect(scheduler.held(by: 0) == [0..<1, 1..<2])
    #expect(scheduler.nextRecall() == 0)
    // A rank is asked once.
    #expect(scheduler.nextRecall() == nil)
    scheduler.returned(rank: 0, ranges: [1..<2])
    #expect(scheduler.held(by: 0) == [0..<1])
    #expect(scheduler.nextAssignment()?.rank == 1)
    #expect(scheduler.nextAssignment() == nil)
    #expect(scheduler.nextRecall() == nil)
    scheduler.returned(rank: 1, chunk: 1..<2, completed: 1)
    // Rank 0 holds one item, which it has started.
    #expect(scheduler.nextRecall() == nil)
    scheduler.returned(rank: 0, chunk: 0..<1, completed: 1)
    #expect(scheduler.isFinished)
    #expect(scheduler.completed == 4)
  }

  @Test("Nothing is recalled while there are items to assign or no rank is idle")
  func onlyIfNeeded() {
    var scheduler = Scheduler(count: 100, ranks: 2, rule: .items(1))
    scheduler.joined(rank: 0, threads: 1)
    scheduler.joined(rank: 1, threads: 1)
    while scheduler.nextAssignment() != nil {}
    #expect(scheduler.nextRecall() == nil)
    var busy = Scheduler(count: 4, ranks: 1, rule: .items(1))
    busy.joined(rank: 0, threads: 1)
    while busy.nextAssignment() != nil {}
    #expect(busy.nextRecall() == nil)
  }

  @Test("A rank that returned nothing isn't asked again for the same items")
  func nothingToReturn() {
    var scheduler = waiting()
    #expect(scheduler.nextRecall() == 0)
    scheduler.returned(rank: 0, ranges: [])
    #expect(scheduler.nextRecall() == nil)
    #expect(scheduler.held(by: 0) == [0..<1, 1..<2])
  }

  @Test("A rank that is about to finish isn't asked; a rank that is late is")
  func soonAndLate() {
    func scheduler(after nanoseconds: Int) -> Scheduler {
      var scheduler = Scheduler(count: 5, ranks: 2, rule: .items(1))
      scheduler.joined(rank: 0, threads: 1)
      scheduler.joined(rank: 1, threads: 1)
      scheduler.advance(to: 1_000)
      var assigned: [Scheduler.Assignment] = []
      while let assignment = scheduler.nextAssignment() { assigned.append(assignment) }
      while let index = assigned.firstIndex(where: { $0.rank == 1 }) {
        scheduler.returned(rank: 1, chunk: assigned.remove(at: index).chunk, completed: 1, nanoseconds: 20_000)
        while let assignment = scheduler.nextAssignment() { assigned.append(assignment) }
      }
      scheduler.advance(to: 1_000 + nanoseconds)
      return scheduler
    }
    // Two items of 20 µs each.
    var soon = scheduler(after: 10_000)
    #expect(soon.held(by: 0).count == 2)
    #expect(soon.nextRecall() == nil)
    var late = scheduler(after: 1_000_000)
    #expect(late.nextRecall() == 0)
    // The recall is only postponed.
    soon.advance(to: 1_000_000)
    #expect(soon.nextRecall() == 0)
  }

  @Test("A reply that is no longer needed changes nothing")
  func lateReply() {
    var scheduler = waiting()
    scheduler.returned(rank: 0, ranges: [1..<2])
    #expect(scheduler.held(by: 0) == [0..<1, 1..<2])
    var next = Scheduler(count: 4, ranks: 2, rule: .automatic)
    next.returned(rank: 1, ranges: [])
    #expect(next.held(by: 1).isEmpty)
  }

  @Test("A recalled end of a chunk is taken back, and the rest is returned later")
  func endOfAChunk() {
    var scheduler = waiting(count: 40, rule: .items(10))
    #expect(scheduler.held(by: 0) == [0..<10, 10..<20])
    #expect(scheduler.nextRecall() == 0)
    scheduler.returned(rank: 0, ranges: [15..<20])
    #expect(scheduler.held(by: 0) == [0..<10, 10..<15])
    #expect(scheduler.nextAssignment()?.chunk == 15..<20)
    scheduler.returned(rank: 0, chunk: 0..<10, completed: 10)
    scheduler.returned(rank: 0, chunk: 10..<15, completed: 5)
    scheduler.returned(rank: 1, chunk: 15..<20, completed: 5)
    #expect(scheduler.isFinished && scheduler.completed == 40)
  }

  @Test("A rank that is idle because an item failed on it gets the unstarted items of others")
  func whileItemsWaitForARetry() {
    var scheduler = Scheduler(count: 4, ranks: 2, rule: .items(1), retries: 1)
    scheduler.joined(rank: 0, threads: 1)
    while scheduler.nextAssignment() != nil {}
    scheduler.joined(rank: 1, threads: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 1, chunk: 2..<3))
    #expect(scheduler.failed(rank: 1, index: 2) == .retry)
    scheduler.returned(rank: 1, chunk: 2..<3, completed: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 1, chunk: 3..<4))
    scheduler.returned(rank: 1, chunk: 3..<4, completed: 1)
    // Item 2 is for rank 0, which already holds two chunks.
    #expect(scheduler.nextAssignment() == nil)
    #expect(scheduler.nextRecall() == 0)
    scheduler.returned(rank: 0, ranges: [1..<2])
    #expect(scheduler.nextAssignment() == .init(rank: 1, chunk: 1..<2))
  }

  @Test("A rank that was assigned more after a recall may be asked again, whatever it replies")
  func assignedMoreMeanwhile() {
    var scheduler = Scheduler(count: 18, ranks: 3, rule: .items(1))
    func assignAll() { while scheduler.nextAssignment() != nil {} }
    func returnAll(_ rank: Int) {
      for chunk in scheduler.held(by: rank) { scheduler.returned(rank: rank, chunk: chunk, completed: 1) }
    }
    for (rank, threads) in [(0, 1), (2, 4), (1, 2)] {
      scheduler.joined(rank: rank, threads: threads)
      assignAll()
    }
    func finishRankOne() {
      while !scheduler.held(by: 1).isEmpty {
        returnAll(1)
        assignAll()
      }
    }
    finishRankOne()
    #expect(scheduler.nextRecall() == 0)
    #expect(scheduler.nextRecall() == 2)
    returnAll(0)
    scheduler.lost(rank: 2)
    assignAll()
    finishRankOne()
    #expect(scheduler.held(by: 0).count == 2)
    #expect(scheduler.nextRecall() == nil)
    scheduler.returned(rank: 0, ranges: [])
    #expect(scheduler.nextRecall() == 0)
  }

  @Test("A chunk longer than a unit is recalled, however short the others are")
  func longAndShort() throws {
    var short = Scheduler(count: 10, ranks: 1, rule: .items(10))
    short.joined(rank: 0, threads: 1)
    _ = short.nextAssignment()
    short.returned(rank: 0, chunk: 0..<10, completed: 10, nanoseconds: 10_000)
    var scheduler = Scheduler(count: 182, ranks: 3, rule: .items(10), calibration: short.calibration)
    scheduler.joined(rank: 0, threads: 2)
    #expect(scheduler.nextAssignment()?.chunk == 0..<20)
    scheduler.joined(rank: 1, threads: 1)
    // Rank 1 computes everything that rank 0 doesn't hold, except the last two items.
    while scheduler.nextAssignment() != nil {}
    while let chunk = scheduler.held(by: 1).first, chunk != 180..<182 {
      scheduler.returned(rank: 1, chunk: chunk, completed: chunk.count)
      while scheduler.nextAssignment() != nil {}
    }
    for chunk in scheduler.held(by: 0).dropFirst() {
      scheduler.returned(rank: 0, chunk: chunk, completed: chunk.count)
    }
    scheduler.lost(rank: 1)
    #expect(scheduler.nextAssignment() == .init(rank: 0, chunk: 180..<182))
    scheduler.joined(rank: 2, threads: 1)
    scheduler.advance(to: 1_000_000_000)
    #expect(scheduler.nextRecall() == 0)
    scheduler.returned(rank: 0, ranges: [15..<20])
    #expect(scheduler.nextAssignment() == .init(rank: 2, chunk: 15..<20))
    scheduler.returned(rank: 2, chunk: 15..<20, completed: 5)
    scheduler.returned(rank: 0, chunk: 180..<182, completed: 2)
    scheduler.advance(to: 2_000_000_000)
    #expect(scheduler.nextRecall() == 0)
  }

  @Test("An item that can't be sent ends its chunk and the map")
  func failedToSend() {
    var scheduler = Scheduler(count: 30, ranks: 2, rule: .items(10))
    scheduler.joined(rank: 0, threads: 1)
    #expect(scheduler.nextAssignment()?.chunk == 0..<10)
    scheduler.failedToSend(rank: 0, chunk: 0..<10, index: 4)
    #expect(scheduler.bound == 4)
    #expect(scheduler.held(by: 0) == [0..<4])
    #expect(scheduler.nextAssignment() == nil)
    scheduler.returned(rank: 0, chunk: 0..<4, completed: 4)
    #expect(scheduler.isFinished)
    var first = Scheduler(count: 30, ranks: 2, rule: .items(10))
    first.joined(rank: 0, threads: 1)
    _ = first.nextAssignment()
    first.failedToSend(rank: 0, chunk: 0..<10, index: 0)
    #expect(first.held(by: 0).isEmpty && first.isFinished)
  }
}
