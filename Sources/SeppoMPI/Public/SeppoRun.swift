import SeppoProcess
import SeppoTransport

extension Seppo {
  /// Runs the body on every rank, then ends MPI. An error thrown by the body is printed once and ends the job.
  ///
  /// It is optional: any call starts MPI, and MPI ends with the program. With it, an error that the body throws on any
  /// rank is printed as one line with rank, host, error and place, and the whole job ends at once with exit status 1.
  ///
  /// ```swift
  /// Seppo.run {
  ///   let squares = try [1, 2, 3].mapParallel { $0 * $0 }
  ///   try Seppo.atRoot { print(squares) }
  /// }
  /// ```
  ///
  /// Under a launcher it may be called once, and no call may follow it, because MPI can't be started twice in a
  /// process. Without a launcher it may be called several times, on any thread.
  public static func run(
    _ body: () throws -> Void, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) {
    let job = Job.current
    let place = Place(fileID: fileID, line: line, column: column)
    do {
      try begin(job, at: place)
      try LoneJobs.$isInRun.withValue(true) { try body() }
      try end(job, at: place)
    } catch {
      fail(job, error, at: place)
    }
  }

  /// Runs the asynchronous body on every rank, then ends MPI. An error thrown by the body is printed once and ends the
  /// job.
  ///
  /// The body runs in the caller's isolation: from a `@MainActor` `main() async`, on the main actor. After an `await`
  /// it may run on another thread. Make one call at a time. See also ``run(_:fileID:line:column:)``.
  public static func run(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Void, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) async {
    let job = Job.current
    let place = Place(fileID: fileID, line: line, column: column)
    do {
      try begin(job, at: place)
      try await LoneJobs.$isInRun.withValue(true, operation: body, isolation: isolation)
      try end(job, at: place)
    } catch {
      fail(job, error, at: place)
    }
  }

  private static func begin(_ job: Job, at place: Place) throws {
    let context = CallContext.current
    guard context == .everyRank else { throw SeppoError.nested(.init("Seppo.run", inside: context.name, place)) }
    if job.process.isLone {
      guard !LoneJobs.isInRun else { throw SeppoError.ranTwice(.init("Seppo.run", inside: "Seppo.run", place)) }
      return LoneJobs.shared.beginRun()
    }
    guard job.gate.phase == .outsideRun else {
      let isInside = job.gate.phase == .insideRun
      throw SeppoError.ranTwice(.init("Seppo.run", inside: isInside ? "Seppo.run" : nil, place))
    }
    job.gate.phase = .insideRun
  }

  /// All ranks leave together, because no rank can wait for one that has left.
  private static func end(_ job: Job, at place: Place) throws {
    if job.process.isLone {
      fflush(nil)
      return LoneJobs.shared.endRun()
    }
    try job.barrier("the end of Seppo.run", at: place)
    fflush(nil)
    if job.isRoot { job.report.end(.well) }
    do {
      try job.shutdown.end()
    } catch let error as MPIError {
      throw SeppoError(error, rank: job.rank, host: job.host)
    }
  }

  private static func fail(_ job: Job, _ error: any Error, at place: Place) -> Never {
    job.process.threadEnd?.park(error)
    let hasEnded = job.gate.phase == .ended
    // SIGTERM may also come from a launcher that ends the ranks; `endJobFromAnyThread` handles that.
    if !hasEnded, !RankProcess.isFork, StopSignal.mayHaveMadeItemThrow(), StopSignal.current != SIGTERM {
      job.endRequest.endNow(after: error)
    }
    if !hasEnded { job.shutdown.endJobFromAnyThread(error, at: place) }
    // MPI has ended, so the ranks can't agree on which one prints the error. Rank 0 prints it. The others wait, because
    // the launcher ends all ranks when the first one exits with an error.
    fflush(nil)
    if job.isRoot { Console.write("Seppo: rank 0 (\(job.host)): \(error)") } else { usleep(500_000) }
    endProcess(1)
  }
}
