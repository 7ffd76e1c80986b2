/// Detects ranks that don't respond, among those for which this rank waits.
///
/// A rank in a call polls its messages every few milliseconds, even while it computes. It is therefore sent heartbeat
/// requests; a rank that doesn't answer is suspended, swapping or unreachable. A pure state machine: all times are
/// parameters, in nanoseconds.
struct FailureDetector {
  /// The maximum time without a message from a rank; 0 for no limit.
  let limit: Int
  /// The time of the last message of each rank.
  private var lastHeard: [Int]
  private var lastCheck: Int

  /// The number of heartbeats within the limit.
  private static let beatsPerLimit = 4
  /// The maximum time between two heartbeats.
  private static let longestInterval = 10_000_000_000
  /// The limit if the rank's host doesn't even acknowledge packets.
  static let unreachable = 25_000_000_000

  private var interval: Int { min(limit / FailureDetector.beatsPerLimit, FailureDetector.longestInterval) }

  init(limit: Int, ranks: Int, now: Int) {
    self.limit = limit
    lastHeard = Array(repeating: now, count: ranks)
    lastCheck = now
  }

  mutating func hear(_ rank: Int, at now: Int) { lastHeard[rank] = now }

  /// Returns the ranks that have sent no message since then.
  func unresponsive(since then: Int, of ranks: some Sequence<Int>) -> [Int] { ranks.filter { lastHeard[$0] <= then } }

  /// Whether the next check is due.
  func isDue(at now: Int) -> Bool { limit > 0 && now - lastCheck >= interval }

  /// Returns the ranks that have not responded within the limit, and for how long; otherwise nil. Called when a check
  /// is due; if it returns nil, the caller sends a heartbeat request to all ranks that it waits for.
  ///
  /// - Parameters:
  ///   - ranks: The ranks that are waited for.
  ///   - hostsAreUnreachable: Whether there are hosts that don't acknowledge packets. Evaluated only if it matters.
  mutating func check(
    at now: Int, for ranks: some Sequence<Int>, hostsAreUnreachable: @autoclosure () -> Bool = false
  ) -> (ranks: [Int], nanoseconds: Int)? {
    let wasAway = now - lastCheck >= 2 * interval
    lastCheck = now
    if wasAway {
      // This rank itself was suspended or in its own code, and hasn't polled its messages.
      for rank in lastHeard.indices { lastHeard[rank] = now }
      return nil
    }
    guard let longest = ranks.map({ now - lastHeard[$0] }).max() else { return nil }
    guard longest > limit || (longest > FailureDetector.unreachable && hostsAreUnreachable()) else { return nil }
    // The same cause may have cut off other ranks, whose last message arrived a little later.
    return (ranks.filter { now - lastHeard[$0] >= longest - 2 * interval }, longest)
  }
}
