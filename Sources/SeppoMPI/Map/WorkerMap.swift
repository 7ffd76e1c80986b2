import SeppoProcess
import SeppoTransport
import SeppoWire

/// Another rank's part in a map: takes chunks, computes them on its compute threads, and sends back the results.
final class WorkerMap<Element: Codable & Sendable, Result: Codable & Sendable> {
  private let call: MapCall<Element, Result>
  private let job: Job
  private let context: MapTask<Element, Result>.Context
  private let matching: CallMatching
  private let sample: ItemSample?

  init(_ call: MapCall<Element, Result>, _ signature: CallSignature, _ sample: ItemSample?) {
    self.call = call
    job = call.job
    context = call.context
    matching = CallMatching(job, signature)
    self.sample = sample
  }

  func run() throws -> Mapped<Result>? {
    let outcome: Outcome
    do {
      try matching.announce(threads: call.threads, sample)
      outcome = try compute()
    } catch {
      try call.settle(context.bound, after: error)
      throw error
    }
    switch outcome {
    case .threw(let error): throw error
    case .values(let values):
      let sharing = try Sharing(job, matching)
      return Mapped(try sharing.take(values), failures: try sharing.failures(values))
    case .done, .value, .exit: return nil
    }
  }

  /// Until rank 0 says how the call ended.
  private func compute() throws -> Outcome {
    var backoff = Backoff()
    while true {
      var hasMoved = false
      while let message = try job.poll() {
        hasMoved = true
        if let outcome = try matching.outcome(of: message) { return outcome }
        try take(message)
      }
      for task in job.pool.takeFinished() {
        guard let task = task as? MapTask<Element, Result> else { continue }
        hasMoved = true
        try report(task)
      }
      try reportLate()
      try job.shutdown.passOnRequest()
      if hasMoved { backoff.reset() } else { try job.pause(&backoff) }
    }
  }

  private func take(_ message: Message) throws {
    switch message.kind {
    case .work:
      let header = try WorkHeader(message.bytes)
      job.log.debug("is given items \(header.chunk)")
      let input: MapTask<Element, Result>.Input =
        if let spacing = header.spacing { .spaced(spacing) } else {
          .wire(ChunkHeader.payload(of: message.bytes), owner: message.payload)
        }
      try job.submit(
        MapTask(chunk: header.chunk, input: input, output: .wire, context: context))
    case .stop:
      let bound = try Control.decode(Int.self, from: message.bytes, rank: job.rank, host: job.host)
      job.log.debug("begins no items from \(bound) on")
      context.bound.lower(to: bound)
    case .callBack:
      let ranges = job.pool.giveBack()
      job.log.debug("gives back items \(ranges)")
      try job.send(Control.bounds(ranges), to: 0, kind: .gaveBack)
    default: break
    }
  }

  private func reportLate() throws {
    guard let timeout = context.timeout,
      let report = LateReport(job.pool.takeLate(timeout: timeout), context.timedOut)
    else { return }
    job.log.debug("items \(report.items.map(\.index)) have passed their time")
    try job.send(report, to: 0, kind: .late)
  }

  private func report(_ task: MapTask<Element, Result>) throws {
    let chunk = task.kept
    // All of it was called back before it was begun.
    if chunk.isEmpty { return }
    let failures = task.failures
    if !failures.isEmpty {
      try job.send(
        FailedItems(
          lower: chunk.lowerBound, upper: chunk.upperBound, completed: task.completed,
          failures: failures),
        to: 0, kind: .threw)
      if context.stopsAtFailure { return }
    }
    job.log.debug("has \(task.completed) of items \(chunk), in \(task.nanoseconds) ns")
    guard let writer = task.bytes else { return }
    ResultHeader(
      chunk: chunk, completed: task.completed, nanoseconds: task.nanoseconds,
      resident: monotonicNanoseconds() - task.came
    ).write(to: writer.bytes)
    try job.send(writer, task.lent, to: 0, kind: .computed)
  }
}
