/// A barrier with a timeout: workers get no items until all have joined. It is used in a call site's first call, so
/// that no item is computed if the ranks' items differ, and in a job's first call. (In every call it would double the
/// time of a short one.)
///
/// Processes start up to several tenths of a second apart. Without the barrier the first rank may compute all items of
/// a short map. That is no faster, as all ranks meet at the end of the job, and looks as if the others did nothing. A
/// long map loses at most `timeout`.
package struct StartBarrier: Sendable {
  /// The maximum wait, in nanoseconds.
  package static let timeout = 250_000_000

  private var waiting: [(worker: Int, threads: Int)] = []
  /// When the wait ends at the latest, in nanoseconds; nil once it has ended.
  private var deadline: Int?

  /// - Parameter now: the time in nanoseconds.
  package init(waits: Bool, at now: Int) { deadline = waits ? now + StartBarrier.timeout : nil }

  var isWaiting: Bool { !waiting.isEmpty }

  func isWaiting(for worker: Int) -> Bool { waiting.contains { $0.worker == worker } }

  package mutating func joined(worker: Int, threads: Int) { waiting.append((worker, threads)) }

  package mutating func lost(worker: Int) { waiting.removeAll { $0.worker == worker } }

  /// Returns the workers that may now get items.
  package mutating func ready(allJoinedOrLost: Bool, at now: Int) -> [(worker: Int, threads: Int)] {
    if let deadline, !allJoinedOrLost, now < deadline { return [] }
    deadline = nil
    defer { waiting = [] }
    return waiting
  }
}
