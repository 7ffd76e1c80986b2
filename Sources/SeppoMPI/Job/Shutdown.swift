import SeppoCompute
import SeppoProcess
import SeppoTransport

/// How a job ends: in order, by an error that left the body of `Seppo.run`, which is printed once, or because it was asked to
/// stop.
///
/// Where the ranks are threads of one process, the error itself leaves the rank; hence `throws -> Never`.
final class Shutdown {
  /// Milliseconds that a rank waits for rank 0 to take its error, before it prints it itself. On a machine with many more
  /// ranks than cores, rank 0 was seen to need more than one second.
  private static let patience = 3_000
  /// Ranks that print for themselves do so one after the other, and the first ends the job, which takes it a moment:
  /// milliseconds a rank.
  private static let stagger = 500
  private static let longestStagger = 5_000
  /// Seconds within which the launcher ends the ranks that it can reach.
  private static let launcherPatience = 6

  private let members: Members
  private let transport: any Transport
  private let channel: Channel
  private let pool: ComputePool
  private let gate: CallGate
  private let process: JobProcess
  /// On rank 0: stores what a map has, where the job ends in the middle of it; see `actForTheLastTime`.
  var lastAct: (() -> Void)?
  private var hasPassedOn = false
  /// On rank 0: the signal by which another rank was asked to stop.
  var othersRequest: Int32?

  init(
    _ members: Members, _ transport: any Transport, _ channel: Channel, _ pool: ComputePool, _ gate: CallGate,
    _ process: JobProcess
  ) {
    self.members = members
    self.transport = transport
    self.channel = channel
    self.pool = pool
    self.gate = gate
    self.process = process
  }

  /// The signal by which a rank was asked to stop, on whichever rank, where this one knows of it.
  var request: Int32? { StopSignal.current ?? othersRequest }

  /// On another rank: tells rank 0 once that this one was asked to stop. Rank 0 sees to the end.
  func passOnRequest() throws {
    guard !hasPassedOn, let signal = StopSignal.current else { return }
    hasPassedOn = true
    process.endRequest.handleIfCheckpointed()
    try channel.send(signal, to: 0, kind: .askedToStop)
  }

  /// Ends this process where a launcher is ending the ranks.
  func dieIfKilled() { process.endRequest.dieIfKilled(after: actForTheLastTime) }

  /// Once: what it closes can't be stored to again.
  func actForTheLastTime() {
    let act = lastAct
    lastAct = nil
    act?()
  }

  /// No call can be made any more.
  private func close() {
    gate.phase = .ended
    if process.isRank { StopSignal.disable() }
  }
}

/// By an error.
extension Shutdown {
  /// The same from any thread: one that may not make MPI calls now, as another is in a call, leaves without them, and the
  /// launcher ends the others.
  func endJobFromAnyThread(_ error: any Error, at place: Place) -> Never {
    process.threadEnd?.stay(error)
    if !RankProcess.isFork, gate.takesOver() {
      do { try endJob(error, at: place) } catch {
        Console.write("Seppo: rank \(members.rank) (\(members.host)): \(error)")
      }
    }
    process.watchdog.dismiss()
    process.endRequest.dieIfKilled()
    Console.write(text(error, at: place))
    fflush(nil)
    _exit(1)
  }

  /// - Parameter ranksAreSilent: then other ranks can't be told, rank 0 among them, and the launcher may not reach them.
  func endJob(_ error: any Error, at place: Place, ranksAreSilent: Bool = false) throws -> Never {
    if let threadEnd = process.threadEnd {
      close()
      pool.stop()
      threadEnd.report(error)
      throw error
    }
    let line = text(error, at: place)
    // Where memory is short, what goes on would take it before the job has ended.
    pool.stop()
    if ranksAreSilent { _ = HungLauncher.end(after: Shutdown.launcherPatience) }
    if members.isRoot {
      if !ranksAreSilent { process.report.end(.error) }
      dieIfKilled()
      Console.write(line)
      tellEnd()
      try abort(status: 1)
    }
    // When the ranks throw together, rank 0 has the same to say, and says it. It also does while it is in a call. Only
    // while it runs the user's own code it can't hear.
    fflush(nil)
    var waited = 0
    let inTurn = min(members.rank * Shutdown.stagger, Shutdown.longestStagger)
    if ranksAreSilent {
      // Twice as long as elsewhere: what one tells the others takes a moment on a machine that is busy enough to miss ranks.
      rest(.sleep(nanoseconds: 2 * (inTurn - Shutdown.stagger) * 1_000_000))
      dieIfKilled()
      // Another may have said it.
      try? channel.takeControlMessages()
      // If rank 0 was only stopped, the launcher wakes it.
      tellEnd()
      Console.write(line)
      try abort(status: 1)
    }
    let longest = Shutdown.patience + inTurn
    do {
      try channel.send(line, to: 0, kind: .failed)
      while waited < longest {
        try channel.takeControlMessages()
        rest(.sleep(nanoseconds: 1_000_000))
        waited += 1
      }
    } catch {
      // Rank 0 can't be reached: then there is nobody else to say it.
      Console.write("Seppo: rank \(members.rank) (\(members.host)): \(error)")
    }
    dieIfKilled()
    Console.write(line)
    process.report.end(.error)
    try abort(status: 1)
  }

  private func text(_ error: any Error, at place: Place) -> String {
    let known = error is SeppoError
    let kind = known ? "" : "\(String(describing: type(of: error))): "
    let line = known ? "" : " [thrown out of Seppo.run at \(place.text)]"
    return "Seppo: rank \(members.rank) (\(members.host)): \(kind)\(error.text)\(line)"
  }

  /// On rank 0: an error has left the body on another rank: the job ends here and now. Where it does already, it has been said
  /// why.
  func followError(_ line: String) throws -> Never {
    pool.stop()
    dieIfKilled()
    Console.write(line)
    process.report.end(.error)
    tellEnd()
    try abort(status: 1)
  }
}

/// In any way.
extension Shutdown {
  /// Tells the others that it has been said why the job ends.
  ///
  /// - Parameter request: the signal by which it was asked to stop, where that is why.
  func tellEnd(by request: Int32? = nil) {
    transport.whileWaiting = {}
    // Whom this doesn't reach will be ended all the same.
    for rank in 0..<members.size where rank != members.rank {
      try? channel.send(request.map { [$0] } ?? [], to: rank, kind: .ended)
    }
    try? channel.flush(atMost: 20_000_000)
  }

  /// The job is being ended, and it has been said why. Others may take some seconds to be ended, on other machines, and have
  /// nothing to add.
  func followEnd(by request: Int32?) throws -> Never {
    if let request { StopSignal.adopt(request) }
    StopSignal.end()
    close()
    pool.stop()
    actForTheLastTime()
    process.watchdog.dismiss()
    fflush(nil)
    rest(.sleep(nanoseconds: 10_000_000_000))
    try abort(status: 1)
  }

  /// Ends the job on every rank, with what was printed so far.
  func abort(status: Int32) throws -> Never {
    StopSignal.end()
    close()
    pool.stop()
    actForTheLastTime()
    process.watchdog.dismiss()
    fflush(nil)
    // The launcher reads from a pipe what ranks print, and passes it on; what it hasn't when the job ends is lost (seen with
    // Open MPI 5, once in many runs). When it has can't be seen from here.
    if process.isRank, Launcher.ranks != nil {
      // Signals end a sleep.
      let end = monotonicNanoseconds() + 100_000_000
      while case let left = end - monotonicNanoseconds(), left > 0 { rest(.sleep(nanoseconds: left)) }
    }
    try transport.abort(status: status)
  }

  /// Ends the transport in this process: where the process goes on, only if we started it.
  func end(withProcess: Bool = false) throws {
    close()
    transport.whileWaiting = {}
    try channel.flush()
    try transport.free()
    try process.endTransport(withProcess)
    process.watchdog.dismiss()
  }

  /// Every rank has come here: ends the transport and the process.
  ///
  /// - Parameter itemsGoOn: whether compute threads are at items still; then what is registered with `atexit` isn't run, as
  ///   it may take from them what they use.
  func leave(status: Int32, itemsGoOn: Bool = false) -> Never {
    process.threadEnd?.stay(ThreadExit(status: status))
    if status != StopSignal.status { process.report.end(status == 0 ? .well : .error) }
    fflush(nil)
    do {
      try end(withProcess: true)
    } catch {
      Console.write("Seppo: rank \(members.rank) (\(members.host)): \(error)")
      exit(failureStatus(status))
    }
    if itemsGoOn {
      fflush(nil)
      _exit(status)
    }
    exit(status)
  }
}
