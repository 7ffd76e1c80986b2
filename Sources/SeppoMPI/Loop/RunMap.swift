import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

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
    return try call.run(work, kernel, returnsValues: true) { part in
      switch part {
      case .alone(let loop):
        if loop.isOpenEnded { return try collectParts { try loop.run(into: $0) } }
        try loop.checkMemory()
        return try collectValues(loop.count) { try loop.run(into: $0) }
      case .root(let loop):
        if loop.isOpenEnded {
          return try collectParts(
            keepsCoded: call.encodesValues, { try loop.run(into: $0) },
            bad: { try loop.fail(with: call.error($0, $0.index)) },
            then: { try loop.share($0, failures: $1) })
        }
        try loop.checkMemory()
        return try collectValues(
          loop.count, keepsCoded: call.encodesValues, { try loop.run(into: $0) },
          then: { try loop.share($0, failures: $1) })
      case .worker(let output): return output
      }
    }
  }
}

/// Fills an array with values.
///
/// - Parameters:
///   - fill: passes values to the sink and returns the failed items.
///   - then: called when all values are there, without gaps for failed items.
func collectValues<Value>(
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

/// Fills an array with values whose number is known only at the end.
///
/// - Parameters:
///   - fill: passes values to the sink and returns the failed items.
///   - bad: called with a value that can't be sent.
///   - then: called when all values are there, without gaps for failed items.
private func collectParts<Value>(
  keepsCoded: Bool = false, _ fill: (PartsSink<Value>) throws -> [FailedItem],
  bad: (BadValue) throws -> Void = { _ in },
  then: (ArraySink<Value>, [FailedItem]) throws -> Void = { _, _ in }
) throws -> MapOutput<Value> {
  let parts = PartsSink<Value>()
  let failures: [FailedItem]
  do { failures = try fill(parts) } catch {
    parts.abandon()
    throw error
  }
  return try collectValues(
    parts.count + failures.count, keepsCoded: keepsCoded,
    { sink in
      if let value = parts.move(to: sink) { try bad(value) }
      return failures
    }, then: then)
}

extension MapCall {
  init(_ job: Job, _ work: Work<Element>, _ verb: Verb) {
    self.init(job: job, place: work.place, verb: verb, options: work.options, isCompared: work.isCompared)
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

  func error(_ bad: BadValue, _ item: Int?) -> SeppoError {
    SeppoError(bad.error, index: item, rank: job.rank, host: job.host, place: place)
  }
}
