import SeppoEngine
import Testing

@Suite("The computing of one chunk")
struct ChunkRunTests {
  private func run(_ chunk: Range<Int>, unit: Int = 1, _ rules: ChunkRun.Rules = .init()) -> ChunkRun {
    ChunkRun(ChunkCursor(chunk, unit: unit), rules, at: 0)
  }

  @Test("Short items are begun in larger and larger batches")
  func grows() {
    var (run, now, batches) = (run(10..<100), 0, [Range<Int>]())
    while let batch = run.next(at: now) {
      #expect(run.rest == batch && run.since == now)
      now += batch.count
      #expect(run.tried(computed: batch.count, threw: false, at: now) == .computed)
      batches.append(batch)
    }
    #expect(batches == [10..<11, 11..<19, 19..<83, 83..<100])
    #expect(run.completed == 90 && run.made == 90 && run.failed.isEmpty)
  }

  @Test("No batch is longer than it may be")
  func longest() {
    var run = run(0..<100, .init(longestBatch: 3))
    while let batch = run.next(at: 0) {
      #expect(batch.count <= 3)
      _ = run.tried(computed: batch.count, threw: false, at: 0)
    }
    #expect(run.completed == 100)
  }

  @Test("What is left of a batch behind an item that failed is tried next")
  func goesOn() {
    var run = run(0..<10, unit: 10)
    #expect(run.next(at: 0) == 0..<10)
    #expect(run.tried(computed: 4, threw: true, at: 1) == .threw)
    run.fail()
    #expect(run.rest == 5..<10)
    #expect(run.tried(computed: 5, threw: false, at: 2) == .computed)
    #expect(run.rest == nil && run.next(at: 2) == nil)
    #expect(run.completed == 10 && run.made == 9 && run.failed == [4])
  }

  @Test("Where failures end it, nothing is begun behind one")
  func stops() {
    var run = run(0..<10, unit: 5, .init(stopsAtFailure: true))
    #expect(run.next(at: 0) == 0..<5)
    #expect(run.tried(computed: 2, threw: true, at: 1) == .threw)
    run.fail()
    #expect(run.isOver && run.rest == nil && run.next(at: 1) == nil)
    #expect(run.completed == 3 && run.made == 2 && run.failed == [2])
  }

  @Test("Nothing is begun any more where the limit was met")
  func limited() {
    var run = run(0..<10, unit: 5)
    #expect(run.next(at: 0) == 0..<5)
    #expect(run.tried(computed: 3, threw: false, at: 1) == .computed)
    #expect(run.rest == nil && run.next(at: 1) == nil)
    #expect(run.completed == 3)
  }

  @Test("An item that threw as the job ends is not done")
  func leaves() {
    var run = run(0..<10, unit: 5)
    _ = run.next(at: 0)
    #expect(run.tried(computed: 3, threw: true, at: 1) == .threw)
    run.leave()
    #expect(run.rest == nil && run.next(at: 1) == nil)
    #expect(run.completed == 3 && run.failed.isEmpty)
  }

  @Test("Items that have a time are begun one by one, and fail where they pass it", arguments: [false, true])
  func timeout(threw: Bool) {
    var run = run(0..<3, unit: 3, .init(timeout: 100))
    #expect(run.next(at: 1_000) == 0..<1)
    #expect(run.tried(computed: 1, threw: false, at: 1_100) == .computed)
    #expect(run.next(at: 1_100) == 1..<2)
    #expect(run.tried(computed: threw ? 0 : 1, threw: threw, at: 1_201) == .overdue)
    #expect(run.next(at: 1_201) == 2..<3)
    #expect(run.completed == 2 && run.failed == [1])
  }

  @Test("A chunk that waited before it was begun has lost no time")
  func waited() {
    var run = run(0..<2, .init(timeout: 100))
    _ = run.next(at: 5_000)
    #expect(run.since == 5_000)
    #expect(run.tried(computed: 1, threw: false, at: 5_050) == .computed)
  }

  @Test("No time is asked for where items have none")
  func noClock() {
    var run = run(0..<1)
    _ = run.next(at: 0)
    var asked = 0
    func now() -> Int {
      asked += 1
      return 0
    }
    #expect(run.tried(computed: 1, threw: false, at: now()) == .computed)
    #expect(asked == 0)
  }

  @Test("A result that can't travel ends the chunk there, or has failed besides")
  func cannotTravel() {
    var first = run(10..<20, unit: 10)
    _ = first.next(at: 0)
    _ = first.tried(computed: 6, threw: true, at: 0)
    first.fail()
    _ = first.tried(computed: 3, threw: false, at: 0)
    var second = first
    first.end(before: 13)
    first.fail()
    #expect(first.completed == 4 && first.made == 3 && first.failed == [13])
    #expect(first.rest == nil && first.next(at: 0) == nil)
    second.add(failed: [13, 18])
    #expect(second.completed == 10 && second.made == 7 && second.failed == [13, 16, 18])
  }
}
