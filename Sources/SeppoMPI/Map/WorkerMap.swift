import SeppoTransport
import SeppoWire

/// Another rank's part in a map: takes chunks, computes them on its compute threads, and sends back the results.
final class WorkerMap<Element: Codable & Sendable, Result: Codable & Sendable> {
  private let call: MapCall<Element, Result>
  private let session: Session
  private let context: MapTask<Element, Result>.Context
  private let rendezvous: Rendezvous

  init(_ call: MapCall<Element, Result>, _ signature: CallSignature) {
    self.call = call
    session = call.session
    context = call.context
    rendezvous = Rendezvous(session, signature)
  }

  func run() throws -> [Result]? {
    let outcome: Outcome
    do {
      try rendezvous.announce(threads: call.threads)
      outcome = try compute()
    } catch {
      call.settle(context.bound, after: error)
      throw error
    }
    switch outcome {
    case .threw(let error): throw error
    case .values(let count, let bytes): return try receive(count: count, bytes: bytes)
    case .done, .exit: return nil
    }
  }

  /// Until rank 0 says how the call ended.
  private func compute() throws -> Outcome {
    var backoff = Backoff()
    while true {
      var hasMoved = false
      while let message = try session.poll() {
        hasMoved = true
        if let outcome = try rendezvous.outcome(of: message) { return outcome }
        try take(message)
      }
      for task in session.pool.takeFinished() {
        guard let task = task as? MapTask<Element, Result> else { continue }
        hasMoved = true
        try giveBack(task)
      }
      if hasMoved { backoff.reset() } else { session.pause(&backoff) }
    }
  }

  private func take(_ message: Message) throws {
    switch message.kind {
    case .work:
      let header = try ChunkHeader(message.bytes)
      Whereabouts.note(chunk: header.chunk)
      sent[header.chunk.lowerBound] = header.chunk
      session.pool.submit(
        MapTask(
          chunk: header.chunk.prefix(header.count), input: .wire(message.bytes, owner: message.payload), output: .wire,
          context: context))
    case .stop:
      context.bound.lower(to: try Control.decode(Int.self, from: message.bytes, rank: session.rank, host: session.host))
    default: break
    }
  }

  /// The chunks as rank 0 knows them, by their first items: a task may have been sent fewer.
  private var sent: [Int: Range<Int>] = [:]

  private func giveBack(_ task: MapTask<Element, Result>) throws {
    let chunk = sent.removeValue(forKey: task.chunk.lowerBound) ?? task.chunk
    if let failure = task.failure {
      let report = ItemFailure(
        lower: chunk.lowerBound, upper: chunk.upperBound, index: chunk.lowerBound + task.completed, error: failure)
      return try session.send(report, to: 0, kind: .threw)
    }
    guard let writer = task.bytes else { return }
    ChunkHeader(chunk: chunk, count: task.completed).write(to: writer.bytes)
    try session.communicator.send(UnsafeRawBufferPointer(writer.bytes), keeping: writer, to: 0, kind: .computed)
  }

  /// All results, by broadcast.
  private func receive(count: Int, bytes: Int) throws -> [Result] {
    try [Result](unsafeUninitializedCapacity: count) { results, initialized in
      let places = UnsafeMutableBufferPointer(rebasing: results[..<count])
      if Items.areMemory(Result.self) {
        try session.communicator.broadcast(UnsafeMutableRawBufferPointer(places))
        initialized = count
        return
      }
      let received = _WireWriter(capacity: bytes)
      try session.communicator.broadcast(received.append(uninitialized: bytes))
      let (done, error) = Items.read(places, from: UnsafeRawBufferPointer(received.bytes))
      initialized = done
      if let error { throw SeppoError(error, index: done, rank: session.rank, host: session.host) }
    }
  }
}
