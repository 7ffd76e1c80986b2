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
    case .values(let values): return try Sharing(session, rendezvous).take(values)
    case .done, .value, .exit: return nil
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
        try report(task)
      }
      if hasMoved { backoff.reset() } else { session.pause(&backoff) }
    }
  }

  private func take(_ message: Message) throws {
    switch message.kind {
    case .work:
      let header = try WorkHeader(message.bytes)
      let input: MapTask<Element, Result>.Input =
        if let spacing = header.spacing { .spaced(spacing) } else {
          .wire(ChunkHeader.payload(of: message.bytes), owner: message.payload)
        }
      session.pool.submit(
        MapTask(chunk: header.chunk, input: input, output: .wire, context: context))
    case .stop:
      context.bound.lower(to: try Control.decode(Int.self, from: message.bytes, rank: session.rank, host: session.host))
    case .callBack:
      let bounds = session.pool.giveBack().flatMap { [$0.lowerBound, $0.upperBound] }
      try session.send(bounds, to: 0, kind: .gaveBack)
    default: break
    }
  }

  private func report(_ task: MapTask<Element, Result>) throws {
    let chunk = task.kept
    // All of it was called back before it was begun.
    if chunk.isEmpty { return }
    if let failure = task.failure {
      let report = ItemFailure(
        lower: chunk.lowerBound, upper: chunk.upperBound, index: chunk.lowerBound + task.completed, error: failure)
      return try session.send(report, to: 0, kind: .threw)
    }
    guard let writer = task.bytes else { return }
    ResultHeader(chunk: chunk, completed: task.completed, nanoseconds: task.nanoseconds).write(to: writer.bytes)
    try session.send(writer, task.lent, to: 0, kind: .computed)
  }
}
