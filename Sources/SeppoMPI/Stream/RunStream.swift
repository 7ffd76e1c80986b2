import SeppoCompute
import SeppoProcess

/// Passes values to a closure at once, in a call that one rank makes alone, and stops the call if the closure throws.
private final class DirectConsumer<Value: Sendable>: ResultConsumer {
  private let consume: (ResultBatch<Value>, (Int) -> Void) throws -> Void
  private(set) var thrown: (any Error)?

  init(_ consume: @escaping (ResultBatch<Value>, (Int) -> Void) throws -> Void) { self.consume = consume }

  var capacity = 1
  var isGone: Bool { thrown != nil }
  func begin() {}
  func room(supplied: Int) -> Int { .max }
  var isFull: Bool { false }
  func waitForRoom(supplied: Int) {}
  func complete() {}

  func put(_ batch: ResultBatch<Value>) {
    if thrown != nil { return }
    do { try CallContext.enter(.consumer) { try consume(batch, { _ in }) } } catch { thrown = error }
  }
}

/// Computes values that a closure consumes on rank 0 as they come. The closure runs on the calling thread; meanwhile the call
/// is made on another one.
///
/// - Parameter consume: consumes a batch, and calls its second argument with the number of results that it has consumed since
///   the last time.
@usableFromInline
func runStream<Element: Codable & Sendable, Value: Codable & Sendable>(
  _ work: Work<Element>, _ verb: Verb, _ order: ResultOrder, _ kernel: ChunkKernel,
  _ consume: (ResultBatch<Value>, (Int) -> Void) throws -> Void
) throws {
  let queue = ResultQueue<Value>()
  try withoutActuallyEscaping(kernel) { kernel in
    guard CallContext.current == .everyRank, Job.current.isRoot else {
      return try withoutActuallyEscaping(consume) { try makeCall(work, verb, order, kernel, queue, directly: $0) }
    }
    let call = try CallThread { try makeCall(work, verb, order, kernel, queue) }
    if work.options.isolation == .process { queue.start.wait() }
    do {
      try CallContext.enter(.consumer) {
        while true {
          let batches = queue.next()
          if batches.isEmpty { break }
          for batch in batches { try consume(batch) { queue.noteConsumed($0) } }
        }
      }
      queue.leave()
    } catch {
      queue.leave(error)
    }
    try call.join()
  }
}

/// Makes the call whose values go to the queue, on any rank.
///
/// - Parameter consume: where the values go instead, if this rank makes the call alone.
func makeCall<Element: Codable & Sendable, Value: Codable & Sendable>(
  _ work: Work<Element>, _ verb: Verb, _ order: ResultOrder, _ kernel: ChunkKernel, _ queue: ResultQueue<Value>,
  directly consume: ((ResultBatch<Value>, (Int) -> Void) throws -> Void)? = nil
) throws {
  defer { queue.complete() }
  try Job.forCall { job in
    let call = MapCall<Element, Value>(job, work, verb)
    queue.wake.set { [pool = job.pool] in pool.wake() }
    let consumer: any ResultConsumer<Value> = consume.map { DirectConsumer($0) } ?? queue
    try call.run(work, kernel, returnsValues: false, consumer: readsElements() ? consumer : nil) { role in
      let sink = StreamSink(
        consumer, order, buffer: call.options.buffer, threads: call.options.threads * job.size,
        unit: call.options.rule.unit)
      switch role {
      case .alone(let loop):
        _ = try loop.run(into: sink)
        if let thrown = consumer.thrown ?? work.items.thrown { throw thrown }
      case .root(let loop):
        _ = try loop.run(into: sink)
        if let thrown = consumer.thrown { try loop.fail(with: call.threw(thrown) { .consumerThrew($0) }) }
        if let thrown = work.items.thrown { try loop.fail(with: call.threw(thrown) { .sequenceThrew($0) }) }
        try job.finish(.done)
      case .worker: break
      }
    }
  }
}

extension MapCall {
  /// Returns an error of the program's code on rank 0 as all ranks throw it.
  func threw(_ thrown: any Error, _ kind: (SeppoError.BodyError) -> SeppoError) -> SeppoError {
    job.error(of: thrown, at: place, kind)
  }
}
