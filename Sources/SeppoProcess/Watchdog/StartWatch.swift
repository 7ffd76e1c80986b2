import Synchronization

/// Watches the start of MPI, which waits for all ranks. If a rank ends before its first call, the others would wait forever.
///
/// Until MPI has started, a small thread checks the processes of this host once a second. It ends this process if another
/// rank of the host has ended, and reports at intervals that MPI hasn't started.
package final class StartWatch: Sendable {
  private let host: String
  private let hasStarted = Atomic<Bool>(false)

  /// On a busy host, MPI may need this time to start, in nanoseconds.
  private static let leastInterval = 30_000_000_000
  /// The time that a launcher needs to end the other ranks, in nanoseconds.
  private static let stagger = 4_000_000_000

  /// - Parameter interval: the time between two reports, in nanoseconds; 0 for no reports.
  package init(host: String, interval: Int) {
    self.host = host
    guard let rank = Launcher.rank else { return }
    _ = ComputeThread.startSmall { self.watch(rank, interval == 0 ? .max : max(interval, StartWatch.leastInterval)) }
  }

  /// Ends the watch: MPI has started, or could not be started.
  package func end() { hasStarted.store(true, ordering: .releasing) }

  private func watch(_ rank: Int, _ interval: Int) {
    let start = monotonicNanoseconds()
    var local = LocalRanks(count: Launcher.localRanks ?? 0)
    var nextReport = interval
    while true {
      sleep(nanoseconds: 1_000_000_000)
      if hasStarted.load(ordering: .acquiring) { return }
      if let ended = local.check(Launcher.livingLocalRanks()) { return endJob(rank, ended) }
      let waited = monotonicNanoseconds() - start
      // Rank 1 reports too, because rank 0 may be the rank that MPI waits for.
      guard rank < 2, waited >= nextReport else { continue }
      nextReport += interval
      Console.write(
        """
        Seppo: rank \(rank) (\(host)) has waited for \(waited / 1_000_000_000) s for MPI to start: some rank has not made its \
        first call
        """)
    }
  }

  private func endJob(_ rank: Int, _ ended: [Int]) {
    // One rank reports it, and the launcher ends the others before their turn.
    sleep(nanoseconds: min(rank, 10) * StartWatch.stagger)
    if hasStarted.load(ordering: .acquiring) { return }
    Console.write(
      """
      Seppo: rank \(rank) (\(host)): MPI can't start: \(ended.count) of the \(Launcher.localRanks ?? 0) ranks on this host \
      ended before the first call. Every rank must make the same calls in the same order
      """)
    fflush(nil)
    exitAtOnce(1)
  }
}

/// Detects the ranks of this host that have ended. Pure: the living ranks are passed in, once a second.
struct LocalRanks {
  /// The number of checks after which a rank that was never seen counts as ended. A launcher may start it late.
  static let patience = 15
  /// The number of checks after which a rank that was seen counts as ended.
  private static let certain = 2

  private let count: Int
  private var checks = 0
  /// For each rank that was seen, the number of checks since then.
  private var unseen: [Int: Int] = [:]

  /// - Parameter count: the number of ranks that the launcher started on this host.
  init(count: Int) { self.count = count }

  /// Returns the ranks that have ended, or nil if there are none.
  ///
  /// - Parameter living: the living ranks, by their numbers on this host; nil if that is unknown.
  mutating func check(_ living: Set<Int>?) -> [Int]? {
    guard let living, count > 1 else { return nil }
    checks += 1
    for rank in 0..<count {
      if living.contains(rank) { unseen[rank] = 0 } else if let last = unseen[rank] { unseen[rank] = last + 1 }
    }
    let ended = (0..<count).filter { rank in
      unseen[rank].map { $0 >= LocalRanks.certain } ?? (checks >= LocalRanks.patience)
    }
    return ended.isEmpty ? nil : ended
  }
}
