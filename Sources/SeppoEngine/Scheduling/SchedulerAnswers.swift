extension Scheduler {
  /// A chunk for a rank.
  package struct Assignment: Sendable, Equatable {
    package let rank: Int
    package let chunk: Range<Int>

    package init(rank: Int, chunk: Range<Int>) {
      self.rank = rank
      self.chunk = chunk
    }
  }

  /// What becomes of an item that failed.
  package enum Verdict: Sendable, Equatable {
    /// It is tried again.
    case again
    /// It has failed after so many tries.
    case failed(tries: Int)
    /// That is known already: it was late.
    case known
  }
}
