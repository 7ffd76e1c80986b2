import SeppoProcess
import SeppoTransport
import Synchronization

/// The jobs of a process that no launcher started. Each has one rank. Every call gets a job of its own while it runs, so that
/// several threads may make calls at the same time, as tests do that run in parallel.
final class LoneJobs: Sendable {
  static let shared = LoneJobs()

  /// Those that no call uses, apart from the process's own job; `isTaken` says whether a call uses that one.
  private let free = Mutex<(isTaken: Bool, others: [Job])>((false, []))
  /// Number of `Seppo.run` bodies that are running.
  private let runs = Atomic<Int>(0)
  @TaskLocal static var isInRun = false

  /// Runs a call's body with a job that no other call uses.
  func use<Value>(_ first: Job, _ body: (Job) throws -> Value) throws -> Value {
    let job = try take(first)
    defer { giveBack(job, first) }
    return try body(job)
  }

  private func take(_ first: Job) throws -> Job {
    let job: Job?? = free.withLock { free in
      if !free.isTaken {
        free.isTaken = true
        return .some(first)
      }
      return free.others.popLast()
    }
    return try (job ?? nil) ?? Job(beside: first)
  }

  private func giveBack(_ job: Job, _ first: Job) {
    free.withLock { free in
      if job === first { free.isTaken = false } else { free.others.append(job) }
    }
  }

  var isRunning: Bool { runs.load(ordering: .relaxed) > 0 }
  func beginRun() { runs.add(1, ordering: .relaxed) }
  func endRun() { runs.subtract(1, ordering: .relaxed) }
}

extension Job {
  /// Runs the body of a call with the job that the caller is a rank of.
  static func forCall<Value>(_ body: (Job) throws -> Value) throws -> Value {
    let job = current
    // A call inside an item is computed by that item's rank, in whatever job.
    guard job.process.isLone, CallContext.current == .everyRank else { return try body(job) }
    return try LoneJobs.shared.use(job, body)
  }

  /// Another job of one rank in this process.
  convenience init(beside first: Job) throws {
    try self.init(
      LoneTransport(), hosts: first.hosts, settings: first.settings, log: first.log,
      process: .init(beside: first.process),
      rounds: first.rounds, roundTrips: first.roundTrips)
  }
}
