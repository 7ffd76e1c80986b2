import SeppoEngine
import Synchronization
import TestSupport
import Testing

@testable import SeppoCompute
@testable import SeppoMPI
@testable import SeppoProcess

@Suite("A map's chunk", .serialized)
struct MapTaskTests {
  private let pool = ComputePool(InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)))

  @Test("Where the pool stops, what a thread has taken is not begun, and nothing is made of what it computed")
  func stopWithinStretch() throws {
    let gate = Gate()
    let context = MapContext(
      rank: 0, host: "here", place: Place(fileID: #fileID, line: #line, column: #column), limits: ChunkLimits(),
      unit: 1, stopsAtFailure: true, mindsRequests: true, timeout: nil, itemsAreMemory: true, readsItemsBack: false,
      valuesAreMemory: false, roundTrips: nil)
    let items = UnsafeMutableBufferPointer<Int>.allocate(capacity: 5)
    items.initialize(repeating: 1)
    defer { items.deallocate() }
    try pool.begin(
      { input, output, first, bound in
        gate.pass()
        return computeChunk(input, output, first, bound) { (item: Int) in "\(item)" }
      }, threads: 1)
    let task = MapTask<Int, String>(
      chunk: 0..<5, of: Blocks(of: 5), input: .memory(UnsafeBufferPointer(items)), output: .message, context: context)
    try pool.submit(task)
    gate.awaitItem()
    pool.stop()
    gate.open()
    while pool.takeFinished().isEmpty { pool.wait(nanoseconds: 1_000_000) }
    #expect(task.report(withWay: false).completed == 0 && task.bytes == nil)
    pool.end()
  }
}
