/// Which of the ranks that this one waits for are silent.
///
/// A rank in a call looks at its messages every few milliseconds, whatever it computes. So it is asked now and then whether
/// it is there, and one that doesn't answer is stopped, swapping or cut off. Pure: times come in, in nanoseconds.
struct Silence {
  /// How long a rank may be silent; 0 for any time.
  let limit: Int
  /// When each rank was heard last.
  private var heard: [Int]
  private var looked: Int

  /// Ranks are asked so many times within the limit.
  private static let questions = 4

  init(limit: Int, ranks: Int, now: Int) {
    self.limit = limit
    heard = Array(repeating: now, count: ranks)
    looked = now
  }

  mutating func hear(_ rank: Int, at now: Int) { heard[rank] = now }

  /// Whether it is time to look again.
  func isDue(at now: Int) -> Bool { limit > 0 && now - looked >= limit / Silence.questions }

  /// To be called when it is due: then all ranks that are waited for are to be asked.
  ///
  /// - Returns: the first of them that has been silent for too long, and for how long.
  mutating func look(at now: Int, for ranks: some Sequence<Int>) -> (rank: Int, nanoseconds: Int)? {
    let wasAway = now - looked >= limit
    looked = now
    if wasAway {
      // It was this rank itself that was stopped, or in code of its own, and hasn't listened.
      for rank in heard.indices { heard[rank] = now }
      return nil
    }
    for rank in ranks where now - heard[rank] > limit { return (rank, now - heard[rank]) }
    return nil
  }
}
