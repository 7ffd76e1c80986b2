import Synchronization

/// Counts the calls that were started with each checkpoint, on rank 0.
///
/// Every start counts, whatever its outcome. A program may catch an error and continue with its next round, and in a
/// resumed job that error may not occur: if only successful rounds counted, a round could get the results of another.
final class CheckpointRounds: Sendable {
  private let rounds = Mutex<[String: Int]>([:])

  /// Returns the number of calls started with this checkpoint and label, including this one.
  ///
  /// - Parameters:
  ///   - checkpoint: The checkpoint's identity.
  ///   - label: The call's label or place.
  func begin(_ checkpoint: String, _ label: String) -> Int {
    rounds.withLock { rounds in
      rounds["\(checkpoint), \(label)", default: 0] += 1
      return rounds["\(checkpoint), \(label)", default: 1]
    }
  }
}
