import SeppoCompute
import SeppoEngine
import SeppoProcess
import SeppoTransport

/// The loop of a worker rank in a call that is made in shared memory.
final class SharedWorkerLoop<Element: Codable & Sendable, Value: Codable & Sendable> {
  /// How the call ended.
  enum End {
    /// By rank 0's message.
    case outcome(CallOutcome)
    /// All values are in shared memory.
    case complete
  }

  private let job: Job
  private let matching: CallMatching
  private let computation: SharedComputation<Element, Value>
  private let number: Int
  /// Whether the call ends when all values are stored, without a message.
  private let endsInMemory: Bool
  private var outcome: CallOutcome?
  private var thrown: (any Error)?

  init(
    _ call: MapCall<Element, Value>, _ matching: CallMatching, _ computation: SharedComputation<Element, Value>,
    number: Int, endsInMemory: Bool
  ) {
    job = call.job
    self.matching = matching
    self.computation = computation
    self.number = number
    self.endsInMemory = endsInMemory
  }

  func run() throws -> End {
    let area = computation.area
    area.join(job.rank, number)
    job.noteJoined(0)
    job.deputy.begin { [unowned self] in self.turnOfDeputy() }
    defer {
      job.deputy.end()
      computation.restoreEnvironment()
    }
    var pace = SharedPace(job, item: computation.expectedTime)
    while true {
      switch computation.step() {
      case .nothingLeft:
        if endsInMemory, area.isComplete(number, ranks: job.size, blocks: computation.blocks.count) { return .complete }
        if pace.isTurnDue { try turn() }
        pace.pause()
      case .stored:
        pace.reset()
        if pace.isTurnDueAfterChunk { try turn() }
      case .unstored(let parts):
        pace.reset()
        for part in parts { try part.send(job) }
        try turn()
      }
      if let thrown { throw thrown }
      if let outcome { return .outcome(outcome) }
    }
  }

  private func turnOfDeputy() {
    guard thrown == nil else { return }
    do { try turn() } catch {
      thrown = error
      computation.context.limits.lower(to: 0)
    }
  }

  private func turn() throws {
    try job.checkRanks()
    try job.shutdown.forwardRequest()
    while outcome == nil, let message = try job.poll() {
      outcome = try matching.outcome(of: message)
      if message.kind == .stop {
        computation.context.limits.lower(
          to: try Control.decode(Int.self, from: message.bytes, rank: job.rank, host: job.host))
      }
    }
  }
}
