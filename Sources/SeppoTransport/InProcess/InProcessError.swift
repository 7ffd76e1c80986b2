/// A violation of the transport's rules by a rank in this process: a bug in Seppo.
package enum InProcessError: Error, Equatable, CustomStringConvertible {
  case noSuchRank(Int, size: Int)
  /// The bytes of a message or a broadcast changed before their owner was released.
  case bytesChanged(rank: Int, of: String)
  /// Two ranks started different collective operations.
  case mismatch(rank: Int, Collective, otherRank: Int, Collective)

  /// A collective operation, for error messages.
  package enum Collective: Equatable, Sendable, CustomStringConvertible {
    case broadcast(bytes: Int, root: Int)
    case agree
    case allGather(capacity: Int)

    package var description: String {
      switch self {
      case .broadcast(let bytes, let root): "broadcasts \(bytes) bytes of rank \(root)"
      case .agree: "agrees on a number"
      case .allGather(let capacity): "gathers texts of \(capacity) bytes"
      }
    }
  }

  package var description: String {
    switch self {
    case .noSuchRank(let rank, let size): "a message was sent to rank \(rank) of \(size)"
    case .bytesChanged(let rank, let what): "rank \(rank) changed the bytes of \(what) before the transfer was complete"
    case .mismatch(let rank, let own, let other, let others):
      "rank \(rank) \(own) where rank \(other) \(others)"
    }
  }
}

/// A rank has ended the job of the ranks in this process. Thrown by its `abort`, and by the other ranks' next calls.
package struct InProcessAbort: Error, Equatable, CustomStringConvertible {
  package let status: Int32
  /// The rank that ended the job first.
  package let rank: Int

  package init(status: Int32, rank: Int) {
    self.status = status
    self.rank = rank
  }

  package var description: String { "rank \(rank) ended the job with status \(status)" }
}
