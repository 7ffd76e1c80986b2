import SeppoCompute
import SeppoProcess
import SeppoTransport

/// Ends a job: normally, by an error of the body of `Seppo.run`, which is printed once, or by a request to stop.
///
/// Functions are `throws -> Never` because a rank that is a thread ends by throwing the error.
final class Shutdown {
  /// The time, in milliseconds, that a rank waits for rank 0 to handle its error before it prints the error itself. On
  /// a machine with many more ranks than cores, rank 0 was seen to need more than one second.
  private static let patience = 3_000
  /// The delay per rank, in milliseconds, so that ranks that print errors themselves do so one after the other. The
  /// first ends the job, which takes a moment.
  private static let stagger = 500
  private static let longestStagger = 5_000
  /// The time, in seconds, within which the launcher ends the ranks that it can reach.
  private static let launcherPatience = 6

  private let members: Members
  private let transport: any Transport
  private let channel: Channel
  private let pool: ComputePool
  private let gate: CallGate
  private let process: JobProcess
  private let observer: JobObserver?
  /// On rank 0: stores the results of the current map if the job ends during it; see `performFinalAction`.
  var finalAction: (() -> Void)?
  private var hasForwardedRequest = false
  /// On rank 0: the signal that requested another rank to stop.
  var otherRanksRequest: Int32?

  init(
    _ members: Members, _ transport: any Transport, _ channel: Channel, _ pool: ComputePool, _ gate: CallGate,
    _ process: JobProcess, _ observer: JobObserver?
  ) {
    self.members = members
    self.transport = transport
    self.channel = channel
    self.pool = pool
    self.gate = gate
    self.process = process
    self.observer = observer
  }

  /// The signal that requested the job to stop, on any rank, as far as this rank knows.
  var request: Int32? { StopSignal.current ?? otherRanksRequest }

  /// On another rank: forwards a request to stop to rank 0, once. Rank 0 then ends the job.
  func forwardRequest() throws {
    guard !hasForwardedRequest, let signal = StopSignal.current else { return }
    hasForwardedRequest = true
    process.endRequest.handleIfCheckpointed()
    try channel.send(signal, to: 0, kind: .askedToStop)
  }

  /// Ends this process if the launcher is ending the ranks.
  func dieIfKilled() { process.endRequest.dieIfKilled(after: performFinalAction) }

  /// Runs the final action, once only: it closes the store. Completes what is shown and recorded.
  func performFinalAction() {
    observer?.end(requestText ?? "ended with an error")
    let action = finalAction
    finalAction = nil
    action?()
  }

  /// The request to stop, in words for the timeline.
  private var requestText: String? {
    guard let request else { return nil }
    return request == SIGTERM
      ? "ended by SIGTERM: by a user, a batch system, or the launcher, if a rank has died or Ctrl-C was typed"
      : "asked to stop by \(SignalName.text(request))"
  }

  /// From now on, no call is allowed.
  private func close() {
    gate.phase = .ended
    if process.isRank { StopSignal.disable() }
  }
}

/// Ends by an error.
extension Shutdown {
  /// Ends the job by an error, from any thread. If the thread may not make MPI calls, because another one is in a call,
  /// it exits without them, and the launcher ends the other ranks.
  func endJobFromAnyThread(_ error: any Error, at place: Place) -> Never {
    process.threadEnd?.park(error)
    if !RankProcess.isFork, gate.takeTransport() {
      do { try endJob(error, at: place) } catch {
        Console.write("Seppo: rank \(members.rank) (\(members.host)): \(error)")
      }
    }
    process.watchdog.dismiss()
    process.endRequest.dieIfKilled()
    Console.write(text(error, at: place))
    fflush(nil)
    exitAtOnce(1)
  }

  /// Ends the job by an error.
  ///
  /// - Parameter ranksAreUnresponsive: Whether messages may not reach other ranks, including rank 0, and the launcher
  ///   may not reach them either.
  func endJob(_ error: any Error, at place: Place, ranksAreUnresponsive: Bool = false) throws -> Never {
    if let threadEnd = process.threadEnd {
      close()
      pool.stop()
      threadEnd.report(error)
      throw error
    }
    let line = text(error, at: place)
    // If memory is short, running items would take more of it before the job has ended.
    pool.stop()
    if ranksAreUnresponsive { _ = HungLauncher.end(after: Shutdown.launcherPatience) }
    if members.isRoot {
      if !ranksAreUnresponsive { process.report.end(.error) }
      dieIfKilled()
      observer?.end(line)
      Console.write(line)
      announceEnd()
      try abort(status: 1)
    }
    // If all ranks throw, rank 0 prints the error. It also prints an error sent by another rank, unless it runs user
    // code, where it receives no messages.
    fflush(nil)
    var waited = 0
    let inTurn = min(members.rank * Shutdown.stagger, Shutdown.longestStagger)
    if ranksAreUnresponsive {
      // Twice as long as elsewhere, because messages take longer on a machine so busy that ranks seem unresponsive.
      rest(.sleep(nanoseconds: 2 * (inTurn - Shutdown.stagger) * 1_000_000))
      dieIfKilled()
      // Another rank may already have printed the error.
      try? channel.takeControlMessages()
      // If rank 0 was only suspended, the launcher wakes it.
      announceEnd()
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
      // Rank 0 can't be reached, so that this rank prints the error.
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

  /// On rank 0: ends the job because of an error of another rank. If the job is already ending, the reason has been
  /// printed.
  func followError(_ line: String) throws -> Never {
    pool.stop()
    dieIfKilled()
    observer?.end(line)
    Console.write(line)
    process.report.end(.error)
    announceEnd()
    try abort(status: 1)
  }
}

/// Ends in any way.
extension Shutdown {
  /// Notifies the other ranks that the job ends and that the reason has been printed.
  ///
  /// - Parameter request: The signal of the request to stop, if that is the reason.
  func announceEnd(by request: Int32? = nil) {
    transport.whileWaiting = {}
    // Ranks that this doesn't reach are ended anyway.
    for rank in 0..<members.size where rank != members.rank {
      try? channel.send(request.map { [$0] } ?? [], to: rank, kind: .ended)
    }
    try? channel.flush(atMost: 20_000_000)
  }

  /// Waits to be ended: another rank is ending the job, and the reason has been printed. On other hosts this may take
  /// seconds.
  func followEnd(by request: Int32?) throws -> Never {
    if let request { StopSignal.adopt(request) }
    StopSignal.end()
    close()
    pool.stop()
    performFinalAction()
    process.watchdog.dismiss()
    fflush(nil)
    rest(.sleep(nanoseconds: 10_000_000_000))
    try abort(status: 1)
  }

  /// Ends the job on every rank, after flushing the output.
  func abort(status: Int32) throws -> Never {
    StopSignal.end()
    close()
    pool.stop()
    performFinalAction()
    process.watchdog.dismiss()
    fflush(nil)
    // The launcher reads the ranks' output from a pipe. Output that it hasn't read when the job ends is lost (seen with
    // Open MPI 5, once in many runs). Whether it has can't be determined here, so this waits.
    if process.isRank, Launcher.ranks != nil {
      // In a loop, because signals interrupt a sleep.
      let end = monotonicNanoseconds() + 100_000_000
      while case let left = end - monotonicNanoseconds(), left > 0 { rest(.sleep(nanoseconds: left)) }
    }
    if process.isRank { HydraConnection.endJob(status: status) }
    try transport.abort(status: status)
  }

  /// Ends the transport in this process. If the process continues, MPI is ended only if Seppo has started it.
  func end(withProcess: Bool = false) throws {
    close()
    observer?.end(requestText ?? "ended")
    transport.whileWaiting = {}
    try channel.flush()
    // At the end of the process, MPI does it. Messages may be left then, for which MPICH's MPI_Comm_free fails.
    if !withProcess { try transport.free() }
    try process.endTransport(withProcess)
    process.watchdog.dismiss()
  }

  /// Ends the transport and the process, after all ranks have agreed to end.
  ///
  /// - Parameter itemsAreRunning: Whether compute threads still run items. If so, `atexit` handlers are skipped,
  ///   because they may destroy what the items use.
  func leave(status: Int32, itemsAreRunning: Bool = false) -> Never {
    process.threadEnd?.park(ThreadExit(status: status))
    if status != StopSignal.status { process.report.end(status == 0 ? .well : .error) }
    fflush(nil)
    do {
      try end(withProcess: true)
    } catch {
      Console.write("Seppo: rank \(members.rank) (\(members.host)): \(error)")
      exit(failureStatus(status))
    }
    if itemsAreRunning {
      fflush(nil)
      if process.isRank { HydraConnection.finish() }
      _exit(status)
    }
    exit(status)
  }
}
