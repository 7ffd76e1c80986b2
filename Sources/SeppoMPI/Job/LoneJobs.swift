import SeppoProcess
import SeppoTransport
import Synchronization

/// The jobs of a process without a launcher. Each job has one rank. Every call has its own job while it runs, so that
/// several threads may make calls at the same time, such as tests that run in parallel.
final class LoneJobs: Sendable {
  static let shared = LoneJobs()

  /// `isTaken`: whether a call uses the process's own job. `others`: further jobs that no call uses.
  private let free = Mutex<(isTaken: Bool, others: [Job])>((false, []))
  /// The number of `Seppo.run` bodies that are running.
  private let runs = Atomic<Int>(0)
  @TaskLocal static var isInRun = false

  /// Runs a call's body with a job that no other call uses.
  func use<Value>(_ first: Job, _ body: (Job) throws -> Value) throws -> Value {
    let job = try take(first)
    defer { release(job, first) }
    return try body(job)
  }

  private func take(_ first: Job) throws -> Job {
    let job = free.withLock { free -> Job? in
      guard !free.isTaken else { return free.others.popLast() }
      free.isTaken = true
      return first
    }
    return try job ?? Job(beside: first)
  }

  private func release(_ job: Job, _ first: Job) {
    free.withLock { free in
      if job === first { free.isTaken = false } else { free.others.append(job) }
    }
  }

  var isRunning: Bool { runs.load(ordering: .relaxed) > 0 }
  func beginRun() { runs.add(1, ordering: .relaxed) }
  func endRun() { runs.subtract(1, ordering: .relaxed) }
}

extension Job {
  /// Runs the body of a call with the caller's job.
  static func forCall<Value>(_ body: (Job) throws -> Value) throws -> Value {
    let job = current
    // A call inside an item runs serially on the item's rank, in the item's job.
    guard job.process.isLone, CallContext.current == .everyRank else { return try body(job) }
    return try LoneJobs.shared.use(job, body)
  }

  /// Creates another job of one rank in this process.
  convenience init(beside first: Job) throws {
    try self.init(
      LoneTransport(), hosts: first.hosts, settings: first.settings, log: first.log,
      process: .init(beside: first.process),
      rounds: first.rounds, roundTrips: first.roundTrips)
  }
}
