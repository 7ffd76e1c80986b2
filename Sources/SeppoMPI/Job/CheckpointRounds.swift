import Synchronization

/// Counts the calls that have begun with each checkpoint, on rank 0.
///
/// Every beginning counts, whatever comes of it. A program may catch an error and go on to its next round, and a job that
/// resumes may not meet that error: rounds that were counted by how they end would get each other's results.
final class CheckpointRounds: Sendable {
  private let rounds = Mutex<[String: Int]>([:])

  /// Returns how many calls with this checkpoint have begun, including this one.
  ///
  /// - Parameters:
  ///   - checkpoint: its identity.
  ///   - label: which of its calls it is.
  func begin(_ checkpoint: String, _ label: String) -> Int {
    rounds.withLock { rounds in
      rounds["\(checkpoint), \(label)", default: 0] += 1
      return rounds["\(checkpoint), \(label)", default: 1]
    }
  }
}
