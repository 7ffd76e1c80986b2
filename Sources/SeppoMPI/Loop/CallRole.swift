import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// The role of a rank in a call: it computes alone, coordinates as the rank that has the items, or is a worker.
enum CallRole<Element: Codable & Sendable, Value: Codable & Sendable> {
  case alone(LocalLoop<Element, Value>)
  case root(any RootRole<Element, Value>)
  /// The call has ended with these values; nil if this rank gets none.
  case worker(MapOutput<Value>?)
}

extension MapCall {
  /// Makes the call, and passes this rank's role to the body.
  ///
  /// - Parameters:
  ///   - returnsValues: whether the values of the blocks are those of the call.
  ///   - consumer: where the values go, if they are consumed while the call runs.
  func run<Output>(
    _ work: Work<Element>, _ kernel: ChunkKernel, returnsValues: Bool, consumer: (any ValueConsumer)? = nil,
    _ body: (CallRole<Element, Value>) throws -> Output
  ) throws -> Output {
    let source = ItemSource(work.items, mostBlocks: verb.mostBlocks, hasTimeout: options.timeout != nil)
    func local(
      _ kernel: @escaping ChunkKernel, _ slot: InFlightSlot?, _ observer: CallObserver? = nil
    ) throws -> LocalLoop<Element, Value> {
      LocalLoop(self, source, try supply(of: source, consumer, wake: nil), kernel, slot, observer)
    }
    if isSerial {
      try options.check()
      if options.checkpoint != nil {
        throw SeppoError.nested(.init("\(verb.name) with a checkpoint", inside: CallContext.current.name, place))
      }
      return try withKernel(kernel, consumer) { kernel in try body(.alone(local(kernel, nil))) }
    }
    return try job.call(verb.name, at: place, types: [Element.self, Value.self], seed: options.seed) { signature in
      try observed(signature) { observer in
        // Counted before anything can throw, so that rounds are the same in each run.
        let round =
          job.isRoot
          ? options.checkpoint.map { job.rounds.begin($0.store.identity, $0.store.label ?? place.text) } : nil
        try options.check()
        job.checkBinding(threads: options.threads)
        job.threads = options.threads
        if options.checkpoint != nil { job.endRequest.noteCheckpoint() }
        if job.isRoot, case .all(.memory(let items)) = work.items {
          job.roundTrips.check(items, areResults: false, place)
        }
        if job.size == 1, options.threads == 1, options.timeout == nil, options.checkpoint == nil, !job.checksWire,
          consumer == nil
        {
          let slot = job.slots.use(0)
          slot.own()
          defer { slot.empty() }
          return try withKernel(kernel, consumer) { kernel in
            try CallContext.enter(.item) { try body(.alone(local(kernel, slot, observer))) }
          }
        }
        // The compute threads use the kernel until `pool.end`, which is called before this scope ends in every case.
        return try withKernel(kernel, consumer) { kernel in
          // Also if not all threads could be started.
          defer {
            job.pool.end()
            job.transport.buffers.empty()
          }
          guard job.isRoot else {
            var loop = WorkerLoop(self, signature, work.own, kernel, endsInMemory: returnsValues)
            return try body(.worker(loop.run()))
          }
          if let elements = work.items.all, consumer == nil,
            let shared = sharedLoop(signature, elements, source, kernel, endsInMemory: returnsValues, observer)
          {
            return try body(.root(shared))
          }
          job.isBesideProgram = consumer != nil
          defer { job.isBesideProgram = false }
          let supply = try supply(of: source, consumer) { [pool = job.pool] in pool.wake() }
          defer { supply?.end() }
          return try body(.root(RootLoop(self, signature, source, supply, kernel, round: round ?? 1, observer)))
        }
      }
    }
  }

  /// Calls the body with what observes the call on this rank, if anything does.
  private func observed<Output>(
    _ signature: CallSignature, _ body: (CallObserver?) throws -> Output
  ) throws -> Output {
    let observer = job.observer?.begin(
      .init(
        number: signature.number, name: verb.name, place: signature.site.place, label: options.progress,
        isShared: broadcastsValues))
    do {
      let output = try body(observer)
      observer?.end()
      return output
    } catch {
      observer?.end(error: error.text)
      throw error
    }
  }

  /// Returns the supply of a call whose items or values are not all in memory at the same time; otherwise nil.
  ///
  /// - Parameter wake: called when there are further items, on any thread; nil to draw them on this thread.
  private func supply(
    of source: ItemSource<Element>, _ consumer: (any ValueConsumer)?, wake: (@Sendable () -> Void)?
  ) throws -> ItemSupply<Element>? {
    guard source.isOpenEnded || consumer != nil else { return nil }
    do throws(ThreadCreationError) {
      return ItemSupply(source, try source.feed(wake: wake), consumer, unit: options.rule.unit)
    } catch {
      throw SeppoError(error, rank: job.rank, host: job.host)
    }
  }

  /// Calls the body with the kernel that the loops use: with child processes, one that computes in these.
  private func withKernel<Output>(
    _ kernel: ChunkKernel, _ consumer: (any ValueConsumer)?, _ body: (@escaping ChunkKernel) throws -> Output
  ) throws -> Output {
    guard options.isIsolated else {
      consumer?.begin()
      return try withoutActuallyEscaping(kernel) { try body($0) }
    }
    return try withoutActuallyEscaping(kernel) { kernel in
      let errors = errors
      let processes: ChildProcesses
      do throws(ForkError) {
        processes = try ChildProcesses(count: options.threads) { slot in
          ItemServer<Element, Value>(kernel: kernel, errors: errors, memoryPerItem: options.memoryPerItem).run(slot)
        }
      } catch {
        throw errors.noProcess(error)
      }
      defer { processes.end() }
      consumer?.begin()
      let isolated = IsolatedKernel<Element, Value>(
        processes: processes, errors: errors, timeout: options.hardTimeout, recycle: options.recycle,
        killsUnneeded: options.checkpoint == nil)
      return try body { isolated.compute($0, $1, $2, $3) }
    }
  }
}
