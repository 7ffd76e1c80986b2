import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport
import SeppoWire

/// The loop of a worker rank. It receives chunks, computes them on its compute threads, and returns the values.
struct WorkerLoop<Element: Codable & Sendable, Value: Codable & Sendable> {
  private typealias Task = MapTask<Element, Value>

  private let call: MapCall<Element, Value>
  private let job: Job
  private let context: MapContext
  private let matching: CallMatching
  private let sample: ItemSample?
  private var blocks = Blocks(of: 0)

  init(_ call: MapCall<Element, Value>, _ signature: CallSignature, _ sample: ItemSample?) {
    self.call = call
    job = call.job
    context = call.context()
    matching = CallMatching(job, signature)
    self.sample = sample
  }

  /// Runs until rank 0 sends the call's outcome.
  mutating func run() throws -> CallOutcome {
    do {
      try matching.announce(threads: call.options.threads, sample)
      var backoff = Backoff()
      while true {
        var hasMoved = false
        while let message = try job.poll() {
          hasMoved = true
          if let outcome = try matching.outcome(of: message) { return outcome }
          try take(message)
        }
        for case let task as Task in job.pool.takeFinished() {
          hasMoved = true
          try report(task)
        }
        try reportOverdue()
        try job.shutdown.forwardRequest()
        if hasMoved { backoff.reset() } else { try job.pause(&backoff) }
      }
    } catch {
      try call.settle(context.limits, after: error)
      throw error
    }
  }

  private mutating func take(_ message: Message) throws {
    switch message.kind {
    case .work:
      let frame = try WorkFrame(message.bytes)
      blocks = frame.blocks
      job.log.debug("receives items \(blocks.items(of: frame.chunk))")
      let input: Task.Input =
        if let progression = frame.progression { .progression(progression) } else {
          .wire(Frame.payload(of: message.bytes), owner: message.payload)
        }
      try job.submit(
        Task(chunk: frame.chunk, of: blocks, input: input, output: .message, context: context))
    case .stop:
      let bound = try Control.decode(Int.self, from: message.bytes, rank: job.rank, host: job.host)
      job.log.debug("starts no items from \(bound * blocks.size) on")
      context.limits.lower(to: bound)
    case .recall:
      let ranges = job.pool.recall()
      job.log.debug("returns items \(ranges.map { blocks.items(of: $0) })")
      try job.send(Control.bounds(ranges), to: 0, kind: .returned)
    default: break
    }
  }

  private func reportOverdue() throws {
    guard let report = call.takeOverdue(blocks, context) else { return }
    job.log.debug("items \(report.items.map(\.index)) have exceeded their timeout")
    try job.send(report.coded, to: 0, kind: .overdue)
  }

  private func report(_ task: Task) throws {
    let report = task.report(includesTransit: true)
    // The whole chunk was recalled before it was started.
    if report.chunk.isEmpty { return }
    job.log.debug(
      "has computed \(report.completed) values of items \(blocks.items(of: report.chunk)) in \(report.nanoseconds) ns")
    // There are no values if the process is about to end.
    guard let writer = task.bytes else { return }
    try ReportFrame.write(report, to: writer, task.lent)
    try job.send(writer, task.lent, to: 0, kind: .computed)
  }
}
