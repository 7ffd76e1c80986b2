extension Scheduler {
  /// A chunk assigned to a rank.
  package struct Assignment: Sendable, Equatable {
    package let rank: Int
    package let chunk: Range<Int>

    package init(rank: Int, chunk: Range<Int>) {
      self.rank = rank
      self.chunk = chunk
    }
  }

  /// What happens to an item after a failure.
  package enum Verdict: Sendable, Equatable {
    /// It is retried.
    case retry
    /// It has failed permanently, after this number of tries.
    case failed(tries: Int)
    /// The failure is already known: the item was overdue, or an item below it has failed.
    case alreadyKnown
  }
}
