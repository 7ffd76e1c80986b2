/// Workers wait for the others before they get items: in the first map from a line, so that none is computed where the ranks'
/// items differ, and in a job's first call. (In every call it would double what a short one takes.)
///
/// Processes start up to some tenths of a second apart. Without this, the rank that starts first may compute all items of a
/// short map: that is no faster, as all ranks meet at the job's end, and it looks as if the others did not work. A long
/// map loses at most `longest`.
package struct JointStart: Sendable {
  /// Nanoseconds.
  package static let longest = 250_000_000

  private var waiting: [(worker: Int, threads: Int)] = []
  /// When the wait ends at the latest; nil where it is over.
  private var deadline: Int?

  /// - Parameter now: nanoseconds, as all times here.
  package init(waits: Bool, at now: Int) { deadline = waits ? now + JointStart.longest : nil }

  var isWaiting: Bool { !waiting.isEmpty }

  func isWaiting(for worker: Int) -> Bool { waiting.contains { $0.worker == worker } }

  package mutating func joined(worker: Int, threads: Int) { waiting.append((worker, threads)) }

  package mutating func lost(worker: Int) { waiting.removeAll { $0.worker == worker } }

  /// Returns the workers that get items from now on.
  package mutating func ready(areAllHere: Bool, at now: Int) -> [(worker: Int, threads: Int)] {
    if let deadline, !areAllHere, now < deadline { return [] }
    deadline = nil
    defer { waiting = [] }
    return waiting
  }
}
