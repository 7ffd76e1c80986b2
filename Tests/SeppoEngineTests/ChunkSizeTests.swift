import SeppoEngine
import Testing

@Suite("The sizes of chunks")
struct ChunkSizeTests {
  /// Runs a map alone in which every item takes so long, and gives the chunks.
  private func chunks(
    count: Int, nanoseconds: [Int], rule: ChunkRule = .automatic, largest: Int = 1 << 30, learnt: Calibration? = nil
  ) -> (chunks: [Scheduler.Assignment], learnt: Calibration?) {
    var scheduler = Scheduler(
      count: count, ranks: nanoseconds.count, rule: rule, largest: largest, calibration: learnt)
    for rank in nanoseconds.indices { scheduler.joined(rank: rank, threads: 1) }
    var given: [Scheduler.Assignment] = []
    var waiting: [Scheduler.Assignment] = []
    // The rank whose chunk is done first gives it back first.
    var busyUntil = nanoseconds.map { _ in 0 }
    while !scheduler.isFinished {
      while let assignment = scheduler.nextAssignment() {
        given.append(assignment)
        waiting.append(assignment)
      }
      func end(_ assignment: Scheduler.Assignment) -> Int {
        busyUntil[assignment.rank] + assignment.chunk.count * nanoseconds[assignment.rank]
      }
      guard let first = waiting.indices.min(by: { end(waiting[$0]) < end(waiting[$1]) }) else { break }
      let assignment = waiting.remove(at: first)
      busyUntil[assignment.rank] = end(assignment)
      scheduler.returned(
        rank: assignment.rank, chunk: assignment.chunk, completed: assignment.chunk.count,
        nanoseconds: assignment.chunk.count * nanoseconds[assignment.rank])
    }
    return (given, scheduler.calibration)
  }

  @Test("Chunks start at one item, grow to their time, and shrink at the end")
  func startGrowShrink() {
    let sizes = chunks(count: 1_000_000, nanoseconds: [1_000, 1_000]).chunks.map(\.chunk.count)
    #expect(sizes.prefix(4) == [1, 1, 1, 1])
    // Ten milliseconds.
    #expect(sizes.max() == 10_000)
    #expect(sizes.contains(8) && sizes.contains(64) && sizes.contains(512))
    let last = sizes.suffix(8)
    #expect(last.elementsEqual(last.sorted(by: >)) && last.last == 1)
    #expect(sizes.count < 200)
  }

  @Test("Long items travel one by one")
  func longItems() {
    #expect(chunks(count: 100, nanoseconds: [15_000_000, 15_000_000]).chunks.allSatisfy { $0.chunk.count == 1 })
  }

  @Test("A fast rank gets chunks to match")
  func fastAndSlow() {
    let given = chunks(count: 500_000, nanoseconds: [1_000, 4_000]).chunks
    func largest(_ rank: Int) -> Int { given.filter { $0.rank == rank }.map(\.chunk.count).max() ?? 0 }
    #expect(largest(0) == 10_000)
    #expect(largest(1) == 2_500)
    let fast = given.filter { $0.rank == 0 }.reduce(0) { $0 + $1.chunk.count }
    #expect((390_000...410_000).contains(fast))
  }

  @Test("With many threads chunks take longer, so that rank 0 keeps up")
  func manyThreads() throws {
    let learnt = try #require(chunks(count: 100_000, nanoseconds: [1_000]).learnt)
    for (threads, size) in [(100, 9_990...10_000), (2_000, 19_980...20_000)] {
      var scheduler = Scheduler(count: 1 << 40, ranks: 2, rule: .automatic, calibration: learnt)
      scheduler.joined(rank: 0, threads: threads - 1)
      let first = scheduler.nextAssignment()
      #expect(size.contains(first?.chunk.count ?? 0))
    }
  }

  @Test("No chunk is larger than allowed")
  func largest() {
    #expect(chunks(count: 100_000, nanoseconds: [10, 10], largest: 777).chunks.map(\.chunk.count).max() == 777)
  }

  @Test("Items that are to stay together do, and travel together where they are short")
  func units() {
    let given = chunks(count: 10_003, nanoseconds: [100, 100], rule: .items(10)).chunks
    #expect(given.allSatisfy { $0.chunk.lowerBound % 10 == 0 })
    #expect(given.dropLast().allSatisfy { $0.chunk.count % 10 == 0 })
    #expect(given.map(\.chunk.count).max()! > 100)
    #expect(chunks(count: 1_000, nanoseconds: [2_000_000], rule: .items(10)).chunks.allSatisfy { $0.chunk.count == 10 })
  }

  @Test("What was learnt, the next map of the kind begins with")
  func learnt() throws {
    let first = chunks(count: 100_000, nanoseconds: [1_000, 1_000])
    let learnt = try #require(first.learnt)
    #expect(abs(learnt.times.mean! - 1_000) < 1)
    #expect(learnt.known == 10_000)
    let second = chunks(count: 100_000, nanoseconds: [1_000, 1_000], learnt: learnt)
    #expect((9_990...10_000).contains(second.chunks[0].chunk.count))
    #expect(second.chunks.count < first.chunks.count)
    #expect(chunks(count: 0, nanoseconds: [1]).learnt == nil)
  }

  @Test("Times follow what items take now, not what they once took")
  func recentTimes() {
    var times = ItemTimes()
    #expect(times.mean == nil)
    for _ in 0..<50 { times.add(nanoseconds: 1_000, items: 10) }
    #expect(abs(times.mean! - 100) < 0.01)
    for _ in 0..<20 { times.add(nanoseconds: 90_000, items: 10) }
    #expect((8_900...9_000).contains(times.mean!))
    times.add(nanoseconds: 5, items: 0)
    #expect((8_900...9_000).contains(times.mean!))
  }
}
