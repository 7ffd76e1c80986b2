import SeppoProcess
import SeppoTransport

extension Seppo {
  /// Runs the body on every rank, then ends MPI. An error that leaves the body is printed once, and ends the job.
  ///
  /// A program doesn't need it: any call starts MPI, and MPI ends with the program. With it, an error that leaves the body on
  /// any rank is printed as one line (rank, host, what, where), and the whole job ends with exit status 1, at once, on every
  /// rank.
  ///
  /// ```swift
  /// Seppo.run {
  ///   let squares = try [1, 2, 3].mapParallel { $0 * $0 }
  ///   try Seppo.atRoot { print(squares) }
  /// }
  /// ```
  ///
  /// Under a launcher it may be called once, and no call may follow it, because MPI can't start twice in a process. Without a
  /// launcher it may be called again, also by several threads.
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

  /// Runs the asynchronous body on every rank, then ends MPI. An error that leaves the body is printed once, and ends the job.
  ///
  /// The body runs where the caller does: from a `@MainActor` `main() async`, on the main actor. After an `await` it may be
  /// on another thread than before; calls are made one at a time. For the rest, see ``run(_:fileID:line:column:)``.
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
    if job.process.isLone {
      guard !LoneJobs.isInRun, CallContext.current == .everyRank else {
        throw SeppoError.ranTwice(.init("Seppo.run", place))
      }
      return LoneJobs.shared.beginRun()
    }
    guard job.gate.phase == .outsideRun, CallContext.current == .everyRank else {
      throw SeppoError.ranTwice(.init("Seppo.run", place))
    }
    job.gate.phase = .insideRun
  }

  /// All ranks leave together: one that has left can't be waited for by another.
  private static func end(_ job: Job, at place: Place) throws {
    if job.process.isLone {
      fflush(nil)
      return LoneJobs.shared.endRun()
    }
    try job.meet("the end of Seppo.run", at: place)
    fflush(nil)
    if job.isRoot { job.report.end(.well) }
    do {
      try job.shutdown.end()
    } catch let error as MPIError {
      throw SeppoError(error, rank: job.rank, host: job.host)
    }
  }

  private static func fail(_ job: Job, _ error: any Error, at place: Place) -> Never {
    job.process.threadEnd?.stay(error)
    let hasEnded = job.gate.phase == .ended
    // SIGTERM also comes where a launcher ends ranks, which is seen to there.
    if !hasEnded, !RankProcess.isFork, StopSignal.mayHaveMadeItemThrow(), StopSignal.current != SIGTERM {
      job.endRequest.endNow(after: error)
    }
    if !hasEnded { job.shutdown.endJobFromAnyThread(error, at: place) }
    // MPI has ended, so that the ranks can't agree on one that prints it. Rank 0 does; the launcher ends the others, which
    // give it the time to do so, because the first that leaves with an error takes all with it.
    fflush(nil)
    if job.isRoot { Console.write("Seppo: rank 0 (\(job.host)): \(error)") } else { usleep(500_000) }
    endProcess(1)
  }
}
