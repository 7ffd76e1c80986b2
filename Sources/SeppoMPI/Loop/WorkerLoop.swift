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
  private let signature: CallSignature
  private let matching: CallMatching
  private let own: OwnItems<Element>?
  private let kernel: ChunkKernel
  /// Whether the call ends when all values are in shared memory, if it is made there.
  private let endsInMemory: Bool
  private var hasLookedAtArea = false
  private var blocks = Blocks(of: 0)

  init(
    _ call: MapCall<Element, Value>, _ signature: CallSignature, _ own: OwnItems<Element>?,
    _ kernel: @escaping ChunkKernel,
    endsInMemory: Bool
  ) {
    self.call = call
    self.signature = signature
    self.own = own
    self.kernel = kernel
    self.endsInMemory = endsInMemory
    job = call.job
    context = call.context()
    matching = CallMatching(job, signature)
  }

  /// Runs until the call has ended.
  ///
  /// - Returns: the values that this rank gets; nil if the verb returns none here.
  mutating func run() throws -> MapOutput<Value>? {
    do {
      if signature.site.wasShared, let area = awaitArea() { return try runShared(area) }
      signature.site.wasShared = false
      try job.beginComputing(kernel, threads: call.options.threads)
      try matching.announce(threads: call.options.threads, own?.sample)
      var backoff = Backoff()
      while true {
        if let area = publishedArea() { return try runShared(area) }
        var hasMoved = false
        while let message = try job.poll() {
          hasMoved = true
          if let outcome = try matching.outcome(of: message) { return try call.take(outcome) }
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

  /// Waits for rank 0 to make the call in shared memory, as the last one at this place, but not for long.
  private mutating func awaitArea() -> SharedArea? {
    var pace = SharedPace(job, item: 0)
    while pace.waited < WorkerLoop.waitBeforeMessage {
      if let area = publishedArea() { return area }
      if hasLookedAtArea { return nil }
      pace.pause()
    }
    return nil
  }

  /// How long to wait for rank 0 before this rank announces itself by a message, in nanoseconds.
  private static var waitBeforeMessage: Int { 100_000 }

  /// Returns the area of this call, if rank 0 makes it in shared memory and all is as on this rank. If not, rank 0 learns that
  /// by the message.
  private mutating func publishedArea() -> SharedArea? {
    guard !hasLookedAtArea, let area = job.sharedCalls.area(of: signature.number), area.isPublished(signature.number)
    else { return nil }
    hasLookedAtArea = true
    if area.matches(signature), own?.areThose(in: area) ?? true, job.sharedCalls.hasStack(job.pool) { return area }
    area.decline(job.rank, signature.number)
    area.leave(job.rank, signature.number)
    return nil
  }

  private func runShared(_ area: SharedArea) throws -> MapOutput<Value>? {
    defer { area.leave(job.rank, signature.number) }
    signature.site.wasShared = true
    let computation = SharedComputation(call, area, area.head, kernel)
    let loop = SharedWorkerLoop(
      call, matching, computation, number: signature.number, endsInMemory: endsInMemory)
    switch try loop.run() {
    case .outcome(let outcome): return try call.take(outcome)
    case .complete: return call.broadcastsValues ? MapOutput(try computation.values()) : nil
    }
  }

  private mutating func take(_ message: Message) throws {
    switch message.kind {
    case .work:
      let frame = try WorkFrame(message.bytes)
      blocks = frame.blocks
      job.log.debug("receives items \(blocks.items(of: frame.chunk))")
      let input: TaskInput<Element> =
        if let progression = frame.progression { .progression(progression) } else {
          .wire(Frame.payload(of: message.bytes), owner: message.payload)
        }
      try job.submit(
        Task(chunk: frame.chunk, of: blocks, input: input, output: .message, context: context))
    case .stop:
      let bound = try Control.decode(Int.self, from: message.bytes, rank: job.rank, host: job.host)
      job.log.debug("starts no items from \(blocks.firstItem(of: bound)) on")
      call.stop(from: bound, context.limits)
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
    try task.send(report, job)
  }
}
