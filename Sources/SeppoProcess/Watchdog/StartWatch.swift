import Synchronization

/// Watches MPI's start. It waits for all ranks: where one has ended before its first call, the others would wait for ever.
///
/// A small thread looks at the processes of this machine once a second until MPI has started. It ends this process where
/// another rank of the machine has gone, and reports now and then where MPI doesn't start for another reason.
package final class StartWatch: Sendable {
  private let host: String
  private let hasStarted = Atomic<Bool>(false)

  /// - Parameter limit: how long a rank may be unresponsive, in nanoseconds; 0 for any time.
  package init(host: String, limit: Int) {
    self.host = host
    guard let rank = Launcher.rank else { return }
    _ = ComputeThread.startSmall { self.watch(rank, limit) }
  }

  /// MPI has started, or could not be.
  package func end() { hasStarted.store(true, ordering: .releasing) }

  private func watch(_ rank: Int, _ limit: Int) {
    let began = monotonicNanoseconds()
    var local = LocalRanks(count: Launcher.localRanks ?? 0)
    var reports = 0
    while true {
      sleep(nanoseconds: 1_000_000_000)
      if hasStarted.load(ordering: .acquiring) { return }
      if let missing = local.look(at: Launcher.livingLocalRanks()) {
        fail(rank, missing)
      }
      let waited = monotonicNanoseconds() - began
      if limit > 0, waited >= limit * (reports + 1) {
        reports += 1
        Console.write(
          """
          Seppo: rank \(rank) (\(host)) has waited for \(waited / 1_000_000_000) s for MPI to start: some rank has not made its \
          first call
          """)
      }
    }
  }

  private func fail(_ rank: Int, _ missing: [Int]) -> Never {
    // One rank reports it, and the launcher has time to end the others.
    sleep(nanoseconds: min(rank, 10) * 1_500_000_000)
    if hasStarted.load(ordering: .acquiring) { while true { sleep(nanoseconds: 1_000_000_000) } }
    Console.write(
      """
      Seppo: rank \(rank) (\(host)): MPI can't start: \(missing.count) of the \(Launcher.localRanks ?? 0) ranks on this host \
      ended before the first call. Every rank must make the same calls in the same order
      """)
    fflush(nil)
    _exit(1)
  }
}

/// Which ranks of this machine have gone. Pure: the ranks that live come in, once a second.
struct LocalRanks {
  /// Looks after which a rank that was never seen counts as gone: a launcher may take its time to start it.
  static let patience = 15
  private static let certain = 2

  private let count: Int
  private var looks = 0
  /// For each rank that was seen, the looks since then.
  private var unseen: [Int: Int] = [:]

  init(count: Int) { self.count = count }

  /// - Parameter living: numbers among the ranks of this machine; nil where that isn't known.
  /// - Returns: the ranks that have gone; nil where there are none.
  mutating func look(at living: Set<Int>?) -> [Int]? {
    guard let living, count > 1 else { return nil }
    looks += 1
    for rank in 0..<count {
      if living.contains(rank) { unseen[rank] = 0 } else if let last = unseen[rank] { unseen[rank] = last + 1 }
    }
    let gone = (0..<count).filter { rank in
      unseen[rank].map { $0 >= LocalRanks.certain } ?? (looks >= LocalRanks.patience)
    }
    return gone.isEmpty ? nil : gone
  }
}
