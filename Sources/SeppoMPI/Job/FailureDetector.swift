/// Which of the ranks that this one waits for are silent.
///
/// A rank in a call looks at its messages every few milliseconds, whatever it computes. So it is asked now and then whether
/// it is there, and one that doesn't answer is stopped, swapping or cut off. Pure: times come in, in nanoseconds.
struct FailureDetector {
  /// How long a rank may be silent; 0 for any time.
  let limit: Int
  /// When each rank was heard last.
  private var heard: [Int]
  private var looked: Int

  /// Ranks are asked so many times within the limit, and every so many nanoseconds at the least.
  private static let questions = 4
  private static let pace = 10_000_000_000
  /// A rank may be silent for so long where its host doesn't even acknowledge what it is sent.
  static let unreachable = 25_000_000_000

  private var interval: Int { min(limit / FailureDetector.questions, FailureDetector.pace) }

  init(limit: Int, ranks: Int, now: Int) {
    self.limit = limit
    heard = Array(repeating: now, count: ranks)
    looked = now
  }

  mutating func hear(_ rank: Int, at now: Int) { heard[rank] = now }

  /// Those of the ranks that have not been heard since then.
  func silent(since then: Int, of ranks: some Sequence<Int>) -> [Int] { ranks.filter { heard[$0] <= then } }

  /// Whether it is time to look again.
  func isDue(at now: Int) -> Bool { limit > 0 && now - looked >= interval }

  /// To be called when it is due: then all ranks that are waited for are to be asked.
  ///
  /// - Parameter hostsAreUnreachable: whether there are hosts that don't acknowledge what they are sent; asked only where it
  ///   matters.
  /// - Returns: those of them that have been silent for too long, and for how long.
  mutating func look(
    at now: Int, for ranks: some Sequence<Int>, hostsAreUnreachable: @autoclosure () -> Bool = false
  ) -> (ranks: [Int], nanoseconds: Int)? {
    let wasAway = now - looked >= 2 * interval
    looked = now
    if wasAway {
      // It was this rank itself that was stopped, perhaps with all others, or in code of its own, and hasn't listened.
      for rank in heard.indices { heard[rank] = now }
      return nil
    }
    guard let longest = ranks.map({ now - heard[$0] }).max() else { return nil }
    guard longest > limit || (longest > FailureDetector.unreachable && hostsAreUnreachable()) else { return nil }
    // What has one lost may have others lost, which were heard a little later.
    return (ranks.filter { now - heard[$0] >= longest - 2 * interval }, longest)
  }
}
