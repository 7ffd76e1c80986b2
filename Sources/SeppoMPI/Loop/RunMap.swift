import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// The work of a call: rank 0's items, and how to compute them.
@usableFromInline
struct Work<Element> {
  let elements: Elements<Element>
  let own: OwnItems<Element>?
  let options: ParallelOptions
  let areEverywhere: Bool
  let place: Place

  /// - Parameters:
  ///   - own: on ranks other than 0, their own items; nil if only rank 0 has items.
  ///   - areEverywhere: whether every rank has the items.
  @usableFromInline
  init(
    _ elements: Elements<Element>, _ own: OwnItems<Element>?, _ options: ParallelOptions, areEverywhere: Bool,
    _ place: Place
  ) {
    self.elements = elements
    self.own = own
    self.options = options
    self.areEverywhere = areEverywhere
    self.place = place
  }
}

extension Work where Element: Codable & Sendable {
  /// Lends the work to the body. On the rank that distributes the elements, these are in contiguous memory or an arithmetic
  /// progression. On other ranks there are no elements, but the rank's own ones if they are compared.
  ///
  /// - Parameter base: the elements; nil if this rank has none.
  @inlinable
  static func lend<Base: Collection<Element>, Value>(
    _ base: Base?, _ options: ParallelOptions, areEverywhere: Bool, _ place: Place, _ body: (Work) throws -> Value
  ) throws -> Value {
    func work(_ elements: Elements<Element>, _ own: OwnItems<Element>? = nil) throws -> Value {
      try body(Work(elements, own, options, areEverywhere: areEverywhere, place))
    }
    guard let base, readsElements() else {
      let none = Elements<Element>.memory(UnsafeBufferPointer(start: nil, count: 0))
      guard areEverywhere, let base else { return try work(none) }
      if let value = try base.withContiguousStorageIfAvailable({ try work(none, .elements(.memory($0))) }) {
        return value
      }
      return try work(none, progression(of: base).map { .elements(.progression($0)) } ?? .sample(ItemSample(base)))
    }
    if let value = try base.withContiguousStorageIfAvailable({ try work(.memory($0)) }) { return value }
    if let progression = progression(of: base) { return try work(.progression(progression)) }
    return try Array(base).withUnsafeBufferPointer { try work(.memory($0)) }
  }
}

/// Returns whether this rank's elements are the ones that are computed.
@usableFromInline
func readsElements() -> Bool { Job.current.isRoot || CallContext.current != .everyRank }

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
  ///   - own: on ranks other than 0, their own items; nil if only rank 0 has items.
  ///   - returnsValues: whether the values of the blocks are those of the call.
  func run<Output>(
    _ elements: Elements<Element>, _ own: OwnItems<Element>?, _ kernel: ChunkKernel, returnsValues: Bool,
    _ body: (CallRole<Element, Value>) throws -> Output
  ) throws -> Output {
    let source = ItemSource(elements: elements, blocks: Blocks(of: elements.count, atMost: verb.mostBlocks))
    if isSerial {
      try options.check()
      if options.checkpoint != nil {
        throw SeppoError.nested(.init("\(verb.name) with a checkpoint", inside: CallContext.current.name, place))
      }
      return try withoutActuallyEscaping(kernel) { try body(.alone(LocalLoop(self, source, $0, nil))) }
    }
    return try job.call(verb.name, at: place, types: [Element.self, Value.self], seed: options.seed) { signature in
      // Counted before anything can throw, so that rounds are the same in each run.
      let round =
        job.isRoot
        ? options.checkpoint.map { job.rounds.begin($0.store.identity, $0.store.label ?? place.text) } : nil
      try options.check()
      job.checkBinding(threads: options.threads)
      if options.checkpoint != nil { job.endRequest.noteCheckpoint() }
      if job.isRoot, case .memory(let items) = elements {
        job.roundTrips.check(items, areResults: false, place)
      }
      if job.size == 1, options.threads == 1, options.timeout == nil, options.checkpoint == nil, !job.checksWire {
        let slot = job.slots.use(0)
        slot.own()
        defer { slot.empty() }
        return try CallContext.enter(.item) {
          try withoutActuallyEscaping(kernel) { try body(.alone(LocalLoop(self, source, $0, slot))) }
        }
      }
      // The compute threads use the kernel until `pool.end`, which is called before this scope ends in every case.
      return try withoutActuallyEscaping(kernel) { kernel in
        // Also if not all threads could be started.
        defer {
          job.pool.end()
          job.transport.buffers.empty()
        }
        guard job.isRoot else {
          var loop = WorkerLoop(self, signature, own, kernel, endsInMemory: returnsValues)
          return try body(.worker(loop.run()))
        }
        let shared = sharedLoop(signature, source, kernel, endsInMemory: returnsValues)
        return try body(.root(shared ?? RootLoop(self, signature, source, kernel, round: round ?? 1)))
      }
    }
  }
}

/// Computes a value for each item.
///
/// Not inlinable, so that the cost of the escaping kernel stays out of the user's module.
///
/// - Returns: all values, or nil on ranks where the verb doesn't return them.
@usableFromInline
func runMap<Element: Codable & Sendable, Value: Codable & Sendable>(
  _ work: Work<Element>, _ value: Value.Type, _ verb: Verb, _ kernel: ChunkKernel
) throws -> MapOutput<Value>? {
  try Job.forCall { job in
    let call = MapCall<Element, Value>(job, work, verb)
    return try call.run(work.elements, work.own, kernel, returnsValues: true) { part in
      switch part {
      case .alone(let loop):
        try loop.checkMemory()
        return try gather(loop.count) { try loop.run(into: $0) }
      case .root(let loop):
        try loop.checkMemory()
        return try gather(
          loop.count, keepsCoded: call.encodesValues, { try loop.run(into: $0) },
          then: { try loop.share($0, failures: $1) })
      case .worker(let output): return output
      }
    }
  }
}

/// Folds the values of all blocks of items into one.
///
/// - Parameters:
///   - neutral: the value with which each block starts.
///   - merge: called on rank 0's calling thread, in the order of the blocks.
/// - Returns: the value, or nil on ranks where the verb doesn't return it.
@usableFromInline
func runFold<Element: Codable & Sendable, Value: Codable & Sendable>(
  _ work: Work<Element>, _ verb: Verb, neutral: Value, merge: (inout Value, Value) throws -> Void,
  _ kernel: ChunkKernel
) throws -> Value? {
  try withoutActuallyEscaping(merge) { merge in
    try Job.forCall { try fold(MapCall($0, work, verb), work, neutral, merge, kernel) }
  }
}

private func fold<Element: Codable & Sendable, Value: Codable & Sendable>(
  _ call: MapCall<Element, Value>, _ work: Work<Element>, _ neutral: Value,
  _ merge: @escaping (inout Value, Value) throws -> Void, _ kernel: ChunkKernel
) throws -> Value? {
  try call.run(work.elements, work.own, kernel, returnsValues: false) { part in
    func fold(_ value: inout Value, _ other: Value) throws {
      try CallContext.enter(.merge) { try merge(&value, other) }
    }
    let fold = FoldSink(fold) { first in
      var merged = first
      try fold(&merged, neutral)
      guard AnyValue.areSame(first, merged) else { throw call.notNeutral(neutral, first, merged) }
    }
    switch part {
    case .alone(let loop):
      _ = try loop.run(into: fold)
      if let thrown = fold.thrown { throw call.mergeThrew(thrown) }
      return fold.folded ?? neutral
    case .root(let loop):
      _ = try loop.run(into: fold)
      if let thrown = fold.thrown { try loop.fail(with: call.mergeThrew(thrown)) }
      return try gather(
        1, keepsCoded: call.encodesValues,
        { sink in
          sink.places(0..<1).initialize(repeating: fold.folded ?? neutral)
          if let bad = sink.receive(0..<1, [0..<1], from: nil, coded: nil) {
            try loop.fail(with: call.error(bad, nil))
          }
          return []
        }, then: { try loop.share($0, failures: $1) }
      ).values.first
    case .worker(let output): return output?.values.first
    }
  }
}

/// Fills an array with values.
///
/// - Parameters:
///   - fill: passes values to the sink and returns the failed items.
///   - then: called when all values are there, without gaps for failed items.
private func gather<Value>(
  _ count: Int, keepsCoded: Bool = false, _ fill: (ArraySink<Value>) throws -> [FailedItem],
  then: (ArraySink<Value>, [FailedItem]) throws -> Void = { _, _ in }
) throws -> MapOutput<Value> {
  var failures: [FailedItem] = []
  let values = try [Value](unsafeUninitializedCapacity: count) { buffer, filled in
    let places = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
    HugePages.advise(UnsafeMutableRawBufferPointer(places))
    let sink = ArraySink(places, keepsCoded: keepsCoded)
    do {
      failures = try fill(sink)
      if !failures.isEmpty { sink.closeGaps() }
      try then(sink, failures)
      filled = count - failures.count
    } catch {
      sink.abandon()
      throw error
    }
  }
  return MapOutput(values, failures: failures)
}

extension MapCall {
  init(_ job: Job, _ work: Work<Element>, _ verb: Verb) {
    self.init(
      job: job, place: work.place, verb: verb, options: work.options, areEverywhere: work.areEverywhere)
  }

  /// Returns the values that this rank gets at the end of a call, on ranks other than 0.
  func take(_ outcome: CallOutcome) throws -> MapOutput<Value>? {
    switch outcome {
    case .threw(let error): throw error
    case .values(let values):
      let broadcast = try ResultBroadcast(job)
      return MapOutput(try broadcast.receive(values), failures: try broadcast.failures(values))
    case .done, .value, .exit: return nil
    }
  }

  /// Returns the error of `merge` as all ranks throw it.
  fileprivate func mergeThrew(_ thrown: any Error) -> SeppoError {
    thrown as? SeppoError
      ?? .mergeThrew(
        .init(
          host: job.host, type: String(describing: type(of: thrown)), description: thrown.text, place: place.text))
  }

  fileprivate func notNeutral(_ neutral: Value, _ first: Value, _ merged: Value) -> SeppoError {
    func text(_ value: Value) -> String { AnyValue.text(value, atMost: 40) }
    return .badOption(
      .init(
        name: "\(verb.name)(into: \(text(neutral)))",
        reason: """
          each block of elements starts with a copy of it, so merging it into a value must not change the value (0 for a sum, \
          [:] for counts); it changed \(text(first)) to \(text(merged))
          """, place: place.text))
  }

  func error(_ bad: BadValue, _ item: Int?) -> SeppoError {
    SeppoError(bad.error, index: item, rank: job.rank, host: job.host, place: place)
  }
}
