import Synchronization

/// Somebody wants this process to end: a batch system ahead of its limit, or a person; see `StopSignal`.
///
/// In a map, rank 0 ends the job in order, see `EarlyEnding`. Where nobody looks (in the program's own code, in an item that
/// the calling thread computes) a thread of this type's own ends the process when the time is over.
package final class EndRequest: Sendable {
  private let rank: Int
  private let host: String
  /// How long items may go on that are in hand, in nanoseconds.
  private let grace: Int
  private let watchdog: Watchdog
  private let report: Report

  /// Whether a thread in a call has seen it, and sees to the end.
  private let isFollowed = Atomic<Bool>(false)
  /// Whether there is something that is worth waiting for.
  private let keeps = Atomic<Bool>(false)
  /// Since when nothing is waited for any more, in nanoseconds; 0 where something is.
  private let due = Atomic<Int>(0)
  /// What was thrown since, and may be this request's doing.
  private let thrown = Mutex<String?>(nil)

  package init(rank: Int, host: String, grace: Int, watchdog: Watchdog, report: Report) {
    self.rank = rank
    self.host = host
    self.grace = grace
    self.watchdog = watchdog
    self.report = report
  }

  /// Ends the process now, for a thread that can't go on.
  ///
  /// - Parameter error: what it met, if the request is not known to be why.
  package func endNow(after error: (any Error)? = nil) -> Never {
    if let error { thrown.withLock { $0 = $0 ?? error.text } }
    _ = due.compareExchange(expected: 0, desired: monotonicNanoseconds(), ordering: .relaxed)
    while true { sleep(nanoseconds: 1_000_000_000) }
  }

  /// From now on a thread that makes a call sees to the end.
  package func follow() { isFollowed.store(true, ordering: .relaxed) }

  /// The same, where there is something that is worth waiting for.
  package func followIfKept() { if keeps.load(ordering: .relaxed) { follow() } }

  /// Before something is said of the job's end: where a launcher is ending the ranks, whoever ended the job has said why, and
  /// this process ends by the signal as it would without us.
  ///
  /// - Parameter act: what is to be done before it, where this is the thread that is in the call.
  package func dieIfKilled(after act: () -> Void = {}) {
    guard StopSignal.current == SIGTERM || StopSignal.launcherStirred != 0 else { return }
    act()
    // Signals end a sleep.
    let end = monotonicNanoseconds() + EndRequest.launcherPatience
    while StopSignal.current != SIGTERM, monotonicNanoseconds() < end { sleep(nanoseconds: 10_000_000) }
    guard StopSignal.current == SIGTERM else { return }
    watchdog.dismiss()
    var usual = sigaction()
    sigaction(SIGTERM, &usual, nil)
    raise(SIGTERM)
  }

  /// From now on what this process does is kept in a checkpoint.
  package func keepResults() { keeps.store(true, ordering: .relaxed) }

  /// Comes after MPI's start.
  package func watch() {
    StopSignal.prepare()
    CrashNote.forget()
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let read = ends[0]
    guard ComputeThread.startSmall({ self.waitForEver(read) }) else { return }
    StopSignal.watch(alarm: ends[1])
  }

  /// Where a launcher ends ranks because one has died, SIGKILL follows within this time, and nothing is to be said.
  package static let launcherPatience = 1_500_000_000
  /// A thread in a call has looked by then.
  private static let attention = 300_000_000
  /// By then rank 0 should have ended the job in order.
  private static let margin = 5_000_000_000

  private func waitForEver(_ file: Int32) -> Never {
    var byte: UInt8 = 0
    while read(file, &byte, 1) < 1 {}
    while true {
      let left = StopSignal.left
      if left != 0 {
        if monotonicNanoseconds() - left > EndRequest.margin { _exit(StopSignal.status) }
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
        isFollowed.load(ordering: .relaxed)
        ? grace + EndRequest.margin
        : max(
          keeps.load(ordering: .relaxed) ? grace : 0,
          isTermination ? EndRequest.launcherPatience : EndRequest.attention)
      // A launcher that ends ranks does so by then, and nothing is to be said.
      let earliest = max(due.load(ordering: .relaxed), since + (isTermination ? EndRequest.launcherPatience : 0))
      let time = due.load(ordering: .relaxed) == 0 ? since + patience : min(earliest, since + patience)
      // One after the other: the first ends the job, best rank 0, which knows what is stored.
      let turn = rank == 0 ? 0 : 500_000_000 + min(rank, 10) * 100_000_000
      if now >= time + turn { break }
      sleep(nanoseconds: 20_000_000)
    }
    guard !StopSignal.hasCeased else { while true { sleep(nanoseconds: 1_000_000_000) } }
    watchdog.dismiss()
    Console.write(
      """
      Seppo: rank \(rank) (\(host)): asked to stop (\(StopSignal.spell(StopSignal.current ?? 0))), \
      \(RankActivity.text(watchdog.page)); \(whatWasThrown)\(whatIsKept)
      """)
    _exit(StopSignal.status)
  }

  private var whatWasThrown: String {
    thrown.withLock { $0 }.map { "it threw since (\($0)), which may be because of that; " } ?? ""
  }

  /// Of the whole job, as far as this rank knows.
  private var whatIsKept: String {
    if let stored = report.stored {
      return "\(stored); \(EndRequest.goOn)"
    }
    if keeps.load(ordering: .relaxed) { return "what a checkpoint holds is kept" }
    return watchdog.page.hasBeenInCall ? EndRequest.advice : "no map had begun"
  }

  package static let goOn = "run the same again, on any number of ranks, to go on from there"

  package static let advice = """
    what was computed is lost: parallel(checkpoint: .sqlite("results.sqlite")) of SeppoCheckpoint would keep it
    """
}
