import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport

/// How a rank takes part: the one that has the items coordinates; where a rank is alone, it computes by itself.
enum CallPart<Element: Codable & Sendable, Value: Codable & Sendable> {
  case alone(LocalLoop<Element, Value>)
  case root(RootLoop<Element, Value>)
  /// It has been told how the call ended.
  case worker(Outcome)
}

extension MapCall {
  /// Makes the call, and lends the body this rank's part in it.
  ///
  /// - Parameter sample: on other ranks than 0, what their own items are compared by; nil where only rank 0 has items.
  func run<Output>(
    _ elements: Elements<Element>, _ sample: ItemSample?, _ kernel: ChunkKernel,
    _ body: (CallPart<Element, Value>) throws -> Output
  ) throws -> Output {
    let source = ItemSource(elements: elements, blocks: Blocks(of: elements.count, most: verb.mostBlocks))
    if isSerial {
      try options.check()
      if options.checkpoint != nil {
        throw SeppoError.nested(
          call: "\(verb.name) with a checkpoint", inside: CallContext.current.name, place: place.text)
      }
      return try withoutActuallyEscaping(kernel) { try body(.alone(LocalLoop(self, source, $0, nil))) }
    }
    return try job.call(verb.name, at: place, types: [Element.self, Value.self]) { signature in
      // Before anything that may throw.
      let round =
        job.isRoot
        ? options.checkpoint.map { job.gate.beginRound(of: $0.store.identity, $0.store.label ?? place.text) } : nil
      try options.check()
      job.checkBinding(threads: options.threads)
      if options.checkpoint != nil { job.endRequest.keepResults() }
      if job.isRoot, case .memory(let items) = elements {
        job.losses.look(at: items, areResults: false, place)
      }
      if job.size == 1, options.threads == 1, options.timeout == nil, options.checkpoint == nil, !job.checksWire {
        let hand = job.hands.use(0)
        hand.own()
        defer { hand.empty() }
        return try CallContext.enter(.item) {
          try withoutActuallyEscaping(kernel) { try body(.alone(LocalLoop(self, source, $0, hand))) }
        }
      }
      // The compute threads hold the kernel until `pool.end`, which comes before this scope's end in every case.
      return try withoutActuallyEscaping(kernel) { kernel in
        // Also where not all threads could be started.
        defer {
          job.pool.end()
          job.transport.buffers.empty()
        }
        try job.beginComputing(kernel, threads: options.threads)
        if job.isRoot { return try body(.root(RootLoop(self, signature, source, round: round ?? 1))) }
        var loop = WorkerLoop(self, signature, sample)
        return try body(.worker(loop.run()))
      }
    }
  }
}
