import SeppoCompute
import SeppoEngine
import SeppoProcess

/// The work of a rank that is alone: one chunk after the other, on the calling thread.
struct LocalLoop<Element: Codable & Sendable, Value: Codable & Sendable> {
  private let call: MapCall<Element, Value>
  private let source: ItemSource<Element>
  private let kernel: ChunkKernel
  /// Where it shows what it computes; nil inside an item, whose thread has one.
  private let slot: InFlightSlot?

  init(
    _ call: MapCall<Element, Value>, _ source: ItemSource<Element>, _ kernel: @escaping ChunkKernel,
    _ slot: InFlightSlot?
  ) {
    self.call = call
    self.source = source
    self.kernel = kernel
    self.slot = slot
  }

  /// Values that there will be.
  var count: Int { source.blocks.count }

  // Inside an item others grow too.
  private var memory: MemoryWatch<Element, Value> { MemoryWatch(call, count, seesGrowth: slot != nil) }

  /// To be asked before there are places for all values.
  ///
  /// - Throws: where there is no room for them.
  func checkRoom() throws {
    guard count.times(MemoryLayout<Value>.stride) >= MemoryRoom.worthALook / 4 else { return }
    if let shortage = memory.shortageAtStart() { throw shortage }
  }

  /// - Returns: the items that failed, where they are kept.
  /// - Throws: the error of the item that ends the call.
  func run(into sink: any Sink<Value>) throws -> [FailedItem] {
    var memory = memory
    memory.isOff = !type(of: sink).keepsPlaces
    // Inside another call's item, that one sees to it.
    let context = call.context(isAlone: true, mindsRequests: slot != nil || CallContext.current == .atRoot)
    var coordinator = Coordinator(call.rules(workers: 1), .init(count: count), at: monotonicNanoseconds())
    coordinator.handle(.joined(worker: 0, threads: 1))
    coordinator.advance(to: monotonicNanoseconds())
    var failures: [FailedItem] = []
    while let effect = coordinator.nextEffect() {
      switch effect {
      case .give(_, let chunk, _):
        let report = try compute(chunk, into: sink, context)
        if let shortage = memory.came(report.made) { throw shortage }
        coordinator.advance(to: monotonicNanoseconds())
        coordinator.handle(.report(worker: 0, report))
      case .failed(let failure, let tries):
        guard let failed = FailedItem(failure)?.after(tries: tries) else { continue }
        if !call.verb.keepsFailures { throw failed.error }
        failures.append(failed)
      default: break
      }
    }
    return failures.sorted { $0.index < $1.index }
  }

  private func compute(_ chunk: Range<Int>, into sink: any Sink<Value>, _ context: MapContext) throws -> ChunkReport {
    let task = MapTask<Element, Value>(
      chunk: chunk, of: source.blocks, input: source.input(chunk, of: Value.self),
      output: .places(sink.places(chunk), encodes: false), context: context)
    task.compute(kernel, slot)
    let report = task.report(withWay: false)
    _ = sink.came(chunk, report.computed, from: Origin(report, rank: 0), coded: nil)
    // It was left because the job was asked to stop.
    if context.mindsRequests, report.completed < chunk.count, report.failures.isEmpty {
      call.job.endRequest.endNow()
    }
    return report
  }
}
