import SeppoProcess
import SeppoTransport

extension Seppo {
  /// Starts MPI, runs the body on every rank, and ends MPI.
  ///
  /// If the body throws on any rank, the error is printed once (rank, host, what, where), and the whole job ends with exit
  /// status 1, at once, on every rank. A second `run` is an error.
  ///
  /// ```swift
  /// Seppo.run {
  ///   let squares = try [1, 2, 3].mapParallel { $0 * $0 }
  ///   try Seppo.atRoot { print(squares) }
  /// }
  /// ```
  public static func run(
    _ body: () throws -> Void, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) {
    let job = Job.current
    let place = Place(fileID: fileID, line: line, column: column)
    do {
      try begin(job, at: place)
      try body()
      try end(job, at: place)
    } catch {
      fail(job, error, at: place)
    }
  }

  /// Starts MPI, runs the asynchronous body on every rank, and ends MPI.
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
      try await body()
      try end(job, at: place)
    } catch {
      fail(job, error, at: place)
    }
  }

  private static func begin(_ job: Job, at place: Place) throws {
    guard job.gate.phase == .beforeRun else { throw SeppoError.ranTwice(place: place.text) }
    job.gate.phase = .running
  }

  /// All ranks leave together: one that has left can't be waited for by another.
  private static func end(_ job: Job, at place: Place) throws {
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
    // SIGTERM also comes where a launcher ends ranks, which is seen to there.
    if job.gate.phase == .running, !RankProcess.isFork, StopSignal.mayHaveMadeItemThrow(),
      StopSignal.current != SIGTERM
    {
      job.endRequest.endNow(after: error)
    }
    if job.gate.phase == .running { job.shutdown.endJobFromAnyThread(error, at: place) }
    // MPI has ended, so that the ranks can't agree who says it. Rank 0 does; the launcher ends the others, which give it the
    // time to do so, because the first that leaves with an error takes all with it.
    fflush(nil)
    if job.isRoot { Console.write("Seppo: rank 0 (\(job.host)): \(error)") } else { usleep(500_000) }
    endProcess(1)
  }
}
