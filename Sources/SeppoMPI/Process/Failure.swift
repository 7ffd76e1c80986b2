import SeppoProcess
import SeppoTransport

/// An error that left the body of `Seppo.run`: it is printed once, and the job ends.
enum Failure {
  /// Milliseconds that a rank waits for rank 0 to take its error, before it prints it itself. On a machine with many more
  /// ranks than cores, rank 0 was seen to need more than one second.
  private static let patience = 3_000
  /// Ranks that print for themselves do so one after the other, and the first ends the job, which takes it a moment:
  /// milliseconds a rank.
  private static let stagger = 500
  private static let longestStagger = 5_000
  /// Seconds within which the launcher ends the ranks that it can reach.
  private static let launcherPatience = 6

  /// The same from any thread: one that may not make MPI calls now, as another is in a call, leaves without them, and the
  /// launcher ends the others.
  static func endJobFromAnyThread(_ session: Session, _ error: any Error, at place: Place) -> Never {
    if !RankProcess.isFork, session.takesOver() { endJob(session, error, at: place) }
    session.sentinel.dismiss()
    session.endRequest.dieIfKilled()
    Console.write(text(session, error, at: place))
    fflush(nil)
    _exit(1)
  }

  /// - Parameter ranksAreSilent: then other ranks can't be told, rank 0 among them, and the launcher may not reach them.
  static func endJob(
    _ session: Session, _ error: any Error, at place: Place, ranksAreSilent: Bool = false
  ) -> Never {
    let line = text(session, error, at: place)
    // Where memory is short, what goes on would take it before the job has ended.
    session.pool.stop()
    if ranksAreSilent { _ = HungLauncher.end(after: launcherPatience) }
    if session.isRoot {
      if !ranksAreSilent { session.report.end(.error) }
      session.dieIfKilled()
      Console.write(line)
      session.tellEnd()
      session.abort(status: 1)
    }
    // When the ranks throw together, rank 0 has the same to say, and says it. It also does while it is in a call. Only
    // while it runs the user's own code it can't hear.
    fflush(nil)
    var waited = 0
    let inTurn = min(session.rank * stagger, longestStagger)
    if ranksAreSilent {
      // Twice as long as elsewhere: what one tells the others takes a moment on a machine that is busy enough to miss ranks.
      rest(.sleep(nanoseconds: 2 * (inTurn - stagger) * 1_000_000))
      session.dieIfKilled()
      // Another may have said it.
      try? session.takeControlMessages()
      // If rank 0 was only stopped, the launcher wakes it.
      session.tellEnd()
      Console.write(line)
      session.abort(status: 1)
    }
    let longest = patience + inTurn
    do {
      try session.send(line, to: 0, kind: .failed)
      while waited < longest {
        try session.takeControlMessages()
        rest(.sleep(nanoseconds: 1_000_000))
        waited += 1
      }
    } catch {
      // Rank 0 can't be reached: then there is nobody else to say it.
      Console.write("Seppo: rank \(session.rank) (\(session.host)): \(error)")
    }
    session.dieIfKilled()
    Console.write(line)
    session.report.end(.error)
    session.abort(status: 1)
  }

  private static func text(_ session: Session, _ error: any Error, at place: Place) -> String {
    let known = error is SeppoError
    let kind = known ? "" : "\(String(describing: type(of: error))): "
    let line = known ? "" : " [thrown out of Seppo.run at \(place.text)]"
    return "Seppo: rank \(session.rank) (\(session.host)): \(kind)\(error.text)\(line)"
  }
}
