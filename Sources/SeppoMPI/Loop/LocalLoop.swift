import SeppoCompute
import SeppoEngine
import SeppoProcess

/// The loop of a rank that computes alone: one chunk after the other, on the calling thread.
struct LocalLoop<Element: Codable & Sendable, Value: Codable & Sendable> {
  private let call: MapCall<Element, Value>
  private let source: ItemSource<Element>
  private let supply: ItemSupply<Element>?
  private let kernel: ChunkKernel
  /// Shows the items that are being computed; nil in a nested call, whose thread already has a slot.
  private let slot: InFlightSlot?
  private let observer: CallObserver?

  init(
    _ call: MapCall<Element, Value>, _ source: ItemSource<Element>, _ supply: ItemSupply<Element>?,
    _ kernel: @escaping ChunkKernel, _ slot: InFlightSlot?, _ observer: CallObserver?
  ) {
    self.call = call
    self.source = source
    self.supply = supply
    self.kernel = kernel
    self.slot = slot
    self.observer = observer
  }

  /// Whether the number of values is known only at the end.
  var isOpenEnded: Bool { source.isOpenEnded }

  /// The number of values.
  var count: Int { source.blocks.count }

  // In a nested call, other threads contribute to the process's growth.
  private var memory: MemoryWatch<Element, Value> { MemoryWatch(call, count, seesGrowth: slot != nil) }

  /// Checks the memory for all values, before it is allocated.
  ///
  /// - Throws: an error if there is not enough.
  func checkMemory() throws {
    guard count.times(MemoryLayout<Value>.stride) >= AvailableMemory.leastChecked / 4 else { return }
    if let shortage = memory.shortageAtStart() { throw shortage }
  }

  /// Computes all values.
  ///
  /// - Returns: the failed items, lowest first, if the verb keeps failures.
  /// - Throws: the error of the first failed item, if the verb doesn't keep failures.
  func run(into sink: any Sink<Value>) throws -> [FailedItem] {
    defer { supply?.end() }
    var memory = memory
    memory.isOff = !type(of: sink).keepsPlaces
    // In a nested call, the outer call handles stop requests.
    let context = call.context(isAlone: true, observesStopRequests: slot != nil || CallContext.current == .atRoot)
    var rules = call.rules(workers: 1)
    rules.reportsSettled = source.isOpenEnded
    var start = Coordinator.Start(count: supply == nil ? count : 0)
    start.isClosed = supply == nil
    var coordinator = Coordinator(rules, start, at: monotonicNanoseconds())
    coordinator.handle(.joined(worker: 0, threads: 1))
    observer?.join(0, threads: 1)
    if supply == nil { observer?.note(total: source.blocks.items) }
    coordinator.advance(to: monotonicNanoseconds())
    var failures: [FailedItem] = []
    while let effect = nextEffect(&coordinator) {
      switch effect {
      case .assign(_, let chunk, _):
        let report = try compute(chunk, into: sink, context)
        if let shortage = memory.add(report.computedCount) { throw shortage }
        coordinator.advance(to: monotonicNanoseconds())
        coordinator.handle(.report(worker: 0, report))
        observer?.take(report, from: 0, in: source.blocks)
        if let decisive = sink.decisive { coordinator.handle(.decided(by: decisive)) }
      case .failed(let failure, let tries):
        guard let failed = FailedItem(failure)?.after(tries: tries) else { continue }
        if !call.verb.keepsFailures { throw failed.error }
        observer?.fail(failed)
        failures.append(failed)
      case .settled(let range): source.release(range)
      default: break
      }
    }
    observer?.noteComputed()
    return failures.sorted { $0.index < $1.index }
  }

  /// Returns the next effect. If there is none until there are further items, adds them.
  private func nextEffect(_ coordinator: inout Coordinator) -> CoordinatorEffect? {
    while true {
      if let effect = coordinator.nextEffect() { return effect }
      guard let supply, coordinator.demand > 0, !supply.isUnwanted else { return nil }
      if coordinator.supply(from: supply) { continue }
      supply.wait()
      // The items come from another thread.
      if case .fed = source.items { sleep(nanoseconds: 50_000) }
    }
  }

  private func compute(_ chunk: Range<Int>, into sink: any Sink<Value>, _ context: MapContext) throws -> ChunkReport {
    let task = MapTask<Element, Value>(
      chunk: chunk, of: source.blocks, input: source.input(chunk),
      output: .places(sink.places(chunk), encodes: false), context: context)
    task.compute(kernel, slot)
    let report = task.report(includesTransit: false)
    _ = sink.receive(chunk, report.computed, from: Origin(report, rank: 0), coded: nil)
    // The chunk was left unfinished because the job was asked to stop.
    if context.observesStopRequests, report.completed < chunk.count, report.failures.isEmpty, !task.isDecisive {
      call.job.endRequest.endNow()
    }
    return report
  }
}
