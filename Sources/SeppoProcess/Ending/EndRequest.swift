import Synchronization

/// A request to stop this process, from a batch system ahead of its limit or from a user; see `StopSignal`.
///
/// In a map, rank 0 shuts the job down in order, see `EarlyStopController`. Elsewhere (in the program's own code, or in an
/// item that the calling thread computes) no code checks for the request. There a thread of this type ends the process when
/// the time is up.
package final class EndRequest: Sendable {
  private let rank: Int
  private let host: String
  /// How long items in flight may keep running, in nanoseconds.
  private let grace: Int
  private let watchdog: Watchdog
  private let report: Report

  /// Whether a thread in a call has seen the request and handles it.
  private let isHandled = Atomic<Bool>(false)
  /// Whether a checkpoint stores results, so that waiting for items in flight is worthwhile.
  private let hasCheckpoint = Atomic<Bool>(false)
  /// When `endNow` was called, in nanoseconds; 0 before that.
  private let due = Atomic<Int>(0)
  /// The first error thrown since the request, which may be a consequence of it.
  private let thrown = Mutex<String?>(nil)

  package init(rank: Int, host: String, grace: Int, watchdog: Watchdog, report: Report) {
    self.rank = rank
    self.host = host
    self.grace = grace
    self.watchdog = watchdog
    self.report = report
  }

  /// Ends the process now, on behalf of a thread that can't continue.
  ///
  /// - Parameter error: the error that stopped the thread, unless the request is known to be the cause.
  package func endNow(after error: (any Error)? = nil) -> Never {
    if let error { thrown.withLock { $0 = $0 ?? error.text } }
    _ = due.compareExchange(expected: 0, desired: monotonicNanoseconds(), ordering: .relaxed)
    while true { sleep(nanoseconds: 1_000_000_000) }
  }

  /// Leaves the end of the process to the calling thread, which is in a call.
  package func handle() { isHandled.store(true, ordering: .relaxed) }

  /// Like `handle()`, but only if a checkpoint stores results.
  package func handleIfCheckpointed() { if hasCheckpoint.load(ordering: .relaxed) { handle() } }

  /// Ends this process by SIGTERM if a launcher is ending the ranks.
  ///
  /// Call it before reporting the end of the job: in that case the reason has already been reported.
  ///
  /// - Parameter act: called first, if the launcher may be ending the ranks, on the thread that is in the call.
  package func dieIfKilled(after act: () -> Void = {}) {
    guard StopSignal.current == SIGTERM || StopSignal.launcherWarning != 0 else { return }
    act()
    // A signal interrupts a sleep.
    let end = monotonicNanoseconds() + EndRequest.launcherPatience
    while StopSignal.current != SIGTERM, monotonicNanoseconds() < end { sleep(nanoseconds: 10_000_000) }
    guard StopSignal.current == SIGTERM else { return }
    watchdog.dismiss()
    var usual = sigaction()
    sigaction(SIGTERM, &usual, nil)
    raise(SIGTERM)
  }

  /// Notes that from now on a checkpoint stores this process's results.
  package func noteCheckpoint() { hasCheckpoint.store(true, ordering: .relaxed) }

  /// Starts the thread that ends the process. Call it after MPI has started.
  package func watch() {
    StopSignal.prepare()
    CrashNote.forget()
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let read = ends[0]
    guard ComputeThread.startSmall({ self.waitForRequest(read) }) else { return }
    StopSignal.watch(alarm: ends[1])
  }

  /// The time within which SIGKILL follows SIGTERM if a launcher ends ranks because one has died, in nanoseconds. Then this
  /// process reports nothing.
  package static let launcherPatience = 1_500_000_000
  /// The time within which a thread in a call notices the request, in nanoseconds.
  private static let noticeTime = 300_000_000
  /// The time that rank 0 has to shut the job down in order, in nanoseconds.
  private static let margin = 5_000_000_000

  private func waitForRequest(_ file: Int32) -> Never {
    var byte: UInt8 = 0
    while read(file, &byte, 1) < 1 {}
    while true {
      let leaving = StopSignal.leavingSince
      if leaving != 0 {
        if monotonicNanoseconds() - leaving > EndRequest.margin { exitAtOnce(StopSignal.status) }
        sleep(nanoseconds: 20_000_000)
        continue
      }
      if StopSignal.current == nil {
        sleep(nanoseconds: 20_000_000)
        continue
      }
      let (now, since) = (monotonicNanoseconds(), StopSignal.since)
      let isTermination = StopSignal.current == SIGTERM
      let patience =
        isHandled.load(ordering: .relaxed)
        ? grace + EndRequest.margin
        : max(
          hasCheckpoint.load(ordering: .relaxed) ? grace : 0,
          isTermination ? EndRequest.launcherPatience : EndRequest.noticeTime)
      // A launcher that ends ranks has killed this one by then.
      let earliest = max(due.load(ordering: .relaxed), since + (isTermination ? EndRequest.launcherPatience : 0))
      let time = due.load(ordering: .relaxed) == 0 ? since + patience : min(earliest, since + patience)
      // The ranks take turns. The first one ends the job, preferably rank 0, which knows what is stored.
      let turn = rank == 0 ? 0 : 500_000_000 + min(rank, 10) * 100_000_000
      if now >= time + turn { break }
      sleep(nanoseconds: 20_000_000)
    }
    guard !StopSignal.isDisabled else { while true { sleep(nanoseconds: 1_000_000_000) } }
    watchdog.dismiss()
    Console.write(
      """
      Seppo: rank \(rank) (\(host)): asked to stop (\(StopSignal.spell(StopSignal.current ?? 0))), \
      \(RankActivity.text(watchdog.page)); \(errorNote)\(storedNote)
      """)
    exitAtOnce(StopSignal.status)
  }

  private var errorNote: String {
    thrown.withLock { $0 }.map { "an error was thrown after the request, possibly because of it (\($0)); " } ?? ""
  }

  /// What is stored of the whole job, as far as this rank knows.
  private var storedNote: String {
    if let stored = report.stored {
      return "\(stored); \(EndRequest.resumeAdvice)"
    }
    if hasCheckpoint.load(ordering: .relaxed) { return "results that are in a checkpoint are kept" }
    return watchdog.page.hasBeenInCall ? EndRequest.checkpointAdvice : "no map had started"
  }

  package static let resumeAdvice = "run the same command again, on any number of ranks, to resume"

  package static let checkpointAdvice = """
    computed results are lost: to keep them, use parallel(checkpoint: .sqlite("results.sqlite")) of SeppoCheckpoint
    """
}
