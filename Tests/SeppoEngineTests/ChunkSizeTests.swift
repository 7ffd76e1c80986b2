import SeppoEngine
import Testing

@Suite("Chunk sizes")
struct ChunkSizeTests {
  /// Runs the scheduler with a constant time per item on each rank, and returns the chunks.
  private func chunks(
    count: Int, nanoseconds: [Int], rule: ChunkRule = .automatic, largest: Int = 1 << 30,
    calibration: Calibration? = nil
  ) -> (chunks: [Scheduler.Assignment], calibration: Calibration?) {
    var scheduler = Scheduler(
      count: count, ranks: nanoseconds.count, rule: rule, largest: largest, calibration: calibration)
    for rank in nanoseconds.indices { scheduler.joined(rank: rank, threads: 1) }
    var assigned: [Scheduler.Assignment] = []
    var waiting: [Scheduler.Assignment] = []
    // The chunk that finishes first is returned first.
    var busyUntil = nanoseconds.map { _ in 0 }
    while !scheduler.isFinished {
      while let assignment = scheduler.nextAssignment() {
        assigned.append(assignment)
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
    return (assigned, scheduler.calibration)
  }

  @Test("Chunks start at one item, grow to the target time, and shrink at the end")
  func startGrowShrink() {
    let sizes = chunks(count: 1_000_000, nanoseconds: [1_000, 1_000]).chunks.map(\.chunk.count)
    #expect(sizes.prefix(4) == [1, 1, 1, 1])
    // 10 ms.
    #expect(sizes.max() == 10_000)
    #expect(sizes.contains(8) && sizes.contains(64) && sizes.contains(512))
    let last = sizes.suffix(8)
    #expect(last.elementsEqual(last.sorted(by: >)) && last.last == 1)
    #expect(sizes.count < 200)
  }

  @Test("Chunks of long items have one item")
  func longItems() {
    #expect(chunks(count: 100, nanoseconds: [15_000_000, 15_000_000]).chunks.allSatisfy { $0.chunk.count == 1 })
  }

  @Test("Chunk sizes are proportional to the ranks' speed")
  func fastAndSlow() {
    let assigned = chunks(count: 500_000, nanoseconds: [1_000, 4_000]).chunks
    func largest(_ rank: Int) -> Int { assigned.filter { $0.rank == rank }.map(\.chunk.count).max() ?? 0 }
    #expect(largest(0) == 10_000)
    #expect(largest(1) == 2_500)
    let fast = assigned.filter { $0.rank == 0 }.reduce(0) { $0 + $1.chunk.count }
    #expect((390_000...410_000).contains(fast))
  }

  @Test("With many threads, chunks take longer, so that rank 0 keeps up")
  func manyThreads() throws {
    let calibration = try #require(chunks(count: 100_000, nanoseconds: [1_000]).calibration)
    for (threads, size) in [(100, 9_990...10_000), (2_000, 19_980...20_000)] {
      var scheduler = Scheduler(count: 1 << 40, ranks: 2, rule: .automatic, calibration: calibration)
      scheduler.joined(rank: 0, threads: threads - 1)
      let first = scheduler.nextAssignment()
      #expect(size.contains(first?.chunk.count ?? 0))
    }
  }

  @Test("No chunk is larger than the limit")
  func largest() {
    #expect(chunks(count: 100_000, nanoseconds: [10, 10], largest: 777).chunks.map(\.chunk.count).max() == 777)
  }

  @Test("Items of a unit stay together, and short units share a chunk")
  func units() {
    let assigned = chunks(count: 10_003, nanoseconds: [100, 100], rule: .items(10)).chunks
    #expect(assigned.allSatisfy { $0.chunk.lowerBound % 10 == 0 })
    #expect(assigned.dropLast().allSatisfy { $0.chunk.count % 10 == 0 })
    #expect(assigned.map(\.chunk.count).max()! > 100)
    #expect(chunks(count: 1_000, nanoseconds: [2_000_000], rule: .items(10)).chunks.allSatisfy { $0.chunk.count == 10 })
  }

  @Test("A map starts with the calibration of an earlier map")
  func calibration() throws {
    let first = chunks(count: 100_000, nanoseconds: [1_000, 1_000])
    let calibration = try #require(first.calibration)
    #expect(abs(calibration.times.mean! - 1_000) < 1)
    #expect(calibration.largestMeasured == 10_000)
    let second = chunks(count: 100_000, nanoseconds: [1_000, 1_000], calibration: calibration)
    #expect((9_990...10_000).contains(second.chunks[0].chunk.count))
    #expect(second.chunks.count < first.chunks.count)
    #expect(chunks(count: 0, nanoseconds: [1]).calibration == nil)
  }

  @Test("The mean time follows recent items")
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
