import SeppoEngine
import Testing

@Suite("Chunk runs")
struct ChunkRunTests {
  private func run(_ chunk: Range<Int>, unit: Int = 1, _ rules: ChunkRun.Options = .init()) -> ChunkRun {
    ChunkRun(ChunkCursor(chunk, unit: unit), rules, at: 0)
  }

  @Test("Short items are started in growing batches")
  func grows() {
    var (run, now, batches) = (run(10..<100), 0, [Range<Int>]())
    while let batch = run.next(at: now) {
      #expect(run.rest == batch && run.startTime == now)
      now += batch.count
      #expect(run.recordAttempt(computed: batch.count, threw: false, at: now) == .computed)
      batches.append(batch)
    }
    #expect(batches == [10..<11, 11..<19, 19..<83, 83..<100])
    #expect(run.completed == 90 && run.computedCount == 90 && run.failed.isEmpty)
  }

  @Test("No batch is longer than the limit")
  func longest() {
    var run = run(0..<100, .init(longestBatch: 3))
    while let batch = run.next(at: 0) {
      #expect(batch.count <= 3)
      _ = run.recordAttempt(computed: batch.count, threw: false, at: 0)
    }
    #expect(run.completed == 100)
  }

  @Test("No batch is started after the longest time of a chunk, but one is always computed")
  func longestTime() {
    var run = run(0..<10, .init(longestBatch: 1, longestTime: 50))
    var now = 1_000
    while run.next(at: now) != nil {
      _ = run.recordAttempt(computed: 1, threw: false, at: now)
      now += 20
    }
    #expect(run.completed == 3)
    var late = self.run(0..<10, .init(longestTime: 0))
    #expect(late.next(at: 7) == 0..<1)
    _ = late.recordAttempt(computed: 1, threw: false, at: 8)
    #expect(late.next(at: 8) == nil && late.completed == 1)
  }

  @Test("After a failed item, the rest of the batch is tried next")
  func continuesAfterFailure() {
    var run = run(0..<10, unit: 10)
    #expect(run.next(at: 0) == 0..<10)
    #expect(run.recordAttempt(computed: 4, threw: true, at: 1) == .threw)
    run.fail()
    #expect(run.rest == 5..<10)
    #expect(run.recordAttempt(computed: 5, threw: false, at: 2) == .computed)
    #expect(run.rest == nil && run.next(at: 2) == nil)
    #expect(run.completed == 10 && run.computedCount == 9 && run.failed == [4])
  }

  @Test("If failures end the chunk, no item after one is started")
  func stops() {
    var run = run(0..<10, unit: 5, .init(stopsAtFailure: true))
    #expect(run.next(at: 0) == 0..<5)
    #expect(run.recordAttempt(computed: 2, threw: true, at: 1) == .threw)
    run.fail()
    #expect(run.endedByFailure && run.rest == nil && run.next(at: 1) == nil)
    #expect(run.completed == 3 && run.computedCount == 2 && run.failed == [2])
  }

  @Test("No item is started after the limit was reached")
  func limited() {
    var run = run(0..<10, unit: 5)
    #expect(run.next(at: 0) == 0..<5)
    #expect(run.recordAttempt(computed: 3, threw: false, at: 1) == .computed)
    #expect(run.rest == nil && run.next(at: 1) == nil)
    #expect(run.completed == 3)
  }

  @Test("An item that throws while the job ends stays unprocessed")
  func stopsWithoutFailure() {
    var run = run(0..<10, unit: 5)
    _ = run.next(at: 0)
    #expect(run.recordAttempt(computed: 3, threw: true, at: 1) == .threw)
    run.stop()
    #expect(run.rest == nil && run.next(at: 1) == nil)
    #expect(run.completed == 3 && run.failed.isEmpty)
  }

  @Test("Items with a time limit are started one at a time, and fail if they exceed it", arguments: [false, true])
  func timeout(threw: Bool) {
    var run = run(0..<3, unit: 3, .init(timeout: 100))
    #expect(run.next(at: 1_000) == 0..<1)
    #expect(run.recordAttempt(computed: 1, threw: false, at: 1_100) == .computed)
    #expect(run.next(at: 1_100) == 1..<2)
    #expect(run.recordAttempt(computed: threw ? 0 : 1, threw: threw, at: 1_201) == .overdue)
    #expect(run.next(at: 1_201) == 2..<3)
    #expect(run.completed == 2 && run.failed == [1])
  }

  @Test("The time that a chunk waits doesn't count towards the time limit")
  func waited() {
    var run = run(0..<2, .init(timeout: 100))
    _ = run.next(at: 5_000)
    #expect(run.startTime == 5_000)
    #expect(run.recordAttempt(computed: 1, threw: false, at: 5_050) == .computed)
  }

  @Test("Without a time limit, the clock isn't read")
  func noClock() {
    var run = run(0..<1)
    _ = run.next(at: 0)
    var asked = 0
    func now() -> Int {
      asked += 1
      return 0
    }
    #expect(run.recordAttempt(computed: 1, threw: false, at: now()) == .computed)
    #expect(asked == 0)
  }

  @Test("A result that can't be sent ends the chunk, or counts as a failure")
  func cannotBeSent() {
    var first = run(10..<20, unit: 10)
    _ = first.next(at: 0)
    _ = first.recordAttempt(computed: 6, threw: true, at: 0)
    first.fail()
    _ = first.recordAttempt(computed: 3, threw: false, at: 0)
    var second = first
    first.end(before: 13)
    first.fail()
    #expect(first.completed == 4 && first.computedCount == 3 && first.failed == [13])
    #expect(first.rest == nil && first.next(at: 0) == nil)
    second.add(failed: [13, 18])
    #expect(second.completed == 10 && second.computedCount == 7 && second.failed == [13, 16, 18])
  }
}
