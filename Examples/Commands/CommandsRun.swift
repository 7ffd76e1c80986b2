import Foundation
import SeppoMPI
import Synchronization

/// Runs the jobs on all ranks, and deals with their outcomes on rank 0.
struct CommandsRun {
  private let options: Commands
  private let template: Template
  private let arguments: Arguments
  private let halt: Halt

  init(_ options: Commands, _ template: Template, _ arguments: Arguments, _ halt: Halt) {
    self.options = options
    self.template = template
    self.arguments = arguments
    self.halt = halt
  }

  /// - Returns: the exit status, on every rank.
  func run() throws -> Int32 {
    let halting = Halting()
    let jobs: AtRoot<AnySequence<Job>>
    let desk: AtRoot<Desk>
    do {
      jobs = try Seppo.atRoot { try makeJobs(halting) }
      if options.dryRun {
        try jobs.atRoot { for job in $0 { print(job.line) } }
        return 0
      }
      desk = try Seppo.atRoot { try Desk(options, halt, halting) }
    } catch SeppoError.rootThrew(let problem) {
      if Seppo.isRoot { Desk.complain(problem.description) }
      return 255
    }
    let variables = ProcessInfo.processInfo.environment
    let shell = ["PARALLEL_SHELL", "SHELL"].lazy.compactMap { variables[$0] }.first { !$0.isEmpty } ?? "/bin/sh"
    let (timeout, tries) = (options.timeout.map { Duration.seconds($0) }, options.retries)
    // Without a limit, each rank has a few jobs in advance.
    let buffer = halt.isNever ? nil : Seppo.size * (variables["SEPPO_THREADS"].flatMap { Int($0) } ?? 1)
    do {
      try jobs.parallel(chunk: .items(1), buffer: buffer).forEachResult(
        { $0.run(shell: shell, timeout: timeout, tries: tries) }, order: options.keepOrder ? .index : .completion
      ) { _, outcome in try desk.value?.take(outcome) }
    } catch {
      let isHalted = try desk.atRoot { $0.isHalted }.broadcast()
      if !isHalted { throw error }
    }
    return try desk.atRoot { $0.status }.broadcast()
  }

  /// Returns the jobs that are to run, on rank 0. Arguments are read when a rank needs a job.
  private func makeJobs(_ halting: Halting) throws -> AnySequence<Job> {
    var done: Set<Int> = []
    if let log = options.joblog, options.resume || options.resumeFailed {
      done = try JobLog.done(in: log, exceptFailed: options.resumeFailed)
    }
    let iterator = try arguments.makeIterator()
    var number = 0
    return AnySequence {
      AnyIterator { () -> Job? in
        while !halting.isHalted, let next = iterator.next() {
          number += 1
          if done.contains(number) { continue }
          return Job(number: number, arguments: next, line: template.line(next, number: number))
        }
        return nil
      }
    }
  }
}

/// Whether no more jobs are to start.
final class Halting: Sendable {
  private let flag = Atomic<Bool>(false)
  var isHalted: Bool { flag.load(ordering: .relaxed) }
  func halt() { flag.store(true, ordering: .relaxed) }
}

/// What rank 0 does with outcomes: output, the job log, files.
final class Desk {
  private struct Halted: Error {}

  private var halt: Halt
  private let halting: Halting
  private let log: JobLog?
  private let folders: ResultFolders?
  private var failures = 0

  init(_ options: Commands, _ halt: Halt, _ halting: Halting) throws {
    self.halt = halt
    self.halting = halting
    log = try options.joblog.map { try JobLog($0, appends: options.resume || options.resumeFailed) }
    folders = options.results.map { ResultFolders(path: $0) }
  }

  var isHalted: Bool { halt.status != nil }

  /// The exit status.
  var status: Int32 { halt.status ?? Int32(min(failures, 101)) }

  /// - Throws: also to kill the jobs that run.
  func take(_ outcome: Outcome) throws {
    if let folders {
      try folders.store(outcome)
    } else {
      try FileHandle.standardOutput.write(contentsOf: Data(outcome.output))
      try FileHandle.standardError.write(contentsOf: Data(outcome.errors))
    }
    if let problem = outcome.problem { Desk.complain("job \(outcome.job.number): \(problem)") }
    try log?.append(outcome)
    if outcome.hasFailed { failures += 1 }
    if isHalted { return }
    halt.note(outcome)
    guard isHalted else { return }
    Desk.complain(
      "job \(outcome.job.number) \(outcome.hasFailed ? "failed" : "is done"), so no more are started: \(outcome.job.line)"
    )
    halting.halt()
    if halt.isNow { throw Halted() }
  }

  static func complain(_ text: String) {
    FileHandle.standardError.write(Data("Commands: \(text)\n".utf8))
  }
}
