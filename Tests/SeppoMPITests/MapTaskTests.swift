import SeppoEngine
import Synchronization
import TestSupport
import Testing

@testable import SeppoCompute
@testable import SeppoMPI
@testable import SeppoProcess

@Suite("The computation of a chunk", .serialized)
struct MapTaskTests {
  private let pool = ComputePool(InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)))

  @Test("If the pool stops, a thread starts no further items of its batch, and its values are dropped")
  func stopWithinBatch() throws {
    let gate = Gate()
    let context = MapContext(
      errors: ItemErrors(rank: 0, host: "here", place: Place(fileID: #fileID, line: #line, column: #column)),
      limits: ChunkLimits(),
      unit: 1, stopsAtFailure: true, observesStopRequests: true, timeout: nil, longestChunk: nil, itemsAreMemory: true,
      decodesOwnItems: false,
      valuesAreMemory: false, roundTrips: nil)
    let items = UnsafeMutableBufferPointer<Int>.allocate(capacity: 5)
    items.initialize(repeating: 1)
    defer { items.deallocate() }
    try pool.begin(
      { input, output, first, bound in
        gate.pass()
        return computeChunk(NoStates(), input, output, first, bound) { (_, item: Int, _) in "\(item)" }
      }, threads: 1)
    let task = MapTask<Int, String>(
      chunk: 0..<5, of: Blocks(of: 5), input: .memory(UnsafeBufferPointer(items)), output: .message, context: context)
    try pool.submit(task)
    gate.awaitItem()
    pool.stop()
    gate.open()
    while pool.takeFinished().isEmpty { pool.wait(nanoseconds: 1_000_000) }
    #expect(task.report(includesTransit: false).completed == 0 && task.bytes == nil)
    pool.end()
  }
}
