/// How many items travel together.
package enum ChunkRule: Sendable, Equatable {
  /// As many as their measured times make sensible.
  case automatic
  /// So many items stay together. Where they take microseconds only, several times as many travel together.
  case items(Int)

  /// So many items stay together.
  package var unit: Int {
    switch self {
    case .automatic: 1
    case .items(let count): max(1, count)
    }
  }
}

/// The sizes of chunks: adaptive weighted factoring, with a limit on a chunk's time.
///
/// Factoring hands out half of what remains in equal chunks, then half of the rest, and so on: S. F. Hummel, E. Schonberg,
/// L. E. Flynn, "Factoring: A Method for Scheduling Parallel Loops", Communications of the ACM 35 (8), 1992. Weighted by
/// each rank's speed as measured while it goes: I. Banicescu, V. Velusamy, J. Devaprasad, "On the Scalability of Dynamic
/// Scheduling Scientific Applications with Adaptive Weighted Factoring", Cluster Computing 6 (3), 2003.
///
/// They even out the end. A chunk that takes longer than a message and its handling by far gains nothing by being longer
/// still, so that its time is limited as well; and before anything is measured chunks start at one item and grow.
struct ChunkSizes: Sendable {
  let rule: ChunkRule
  /// No chunk has more items.
  let largest: Int

  /// Nanoseconds that a chunk should take: a hundred times what handing one over costs, or so.
  static let time = 10_000_000.0
  /// Nanoseconds in which rank 0 hands out a chunk and takes in its results; with many threads chunks take longer, so that
  /// it keeps up with all of them.
  static let handling = 10_000.0
  /// Chunks grow by this factor while their times are being learnt.
  static let growth = 8

  /// The next chunk's size, in items.
  ///
  /// - Parameters:
  ///   - remaining: items not handed out yet, 1 or more.
  ///   - threads: compute threads of all ranks together, 1 or more.
  ///   - time: nanoseconds that an item takes on that rank; nil before any is known.
  ///   - weight: that rank's speed over the mean of all.
  ///   - known: the largest chunk whose time was measured, in items; 0 for none.
  func size(remaining: Int, threads: Int, time: Double?, weight: Double, known: Int) -> Int {
    let unit = rule.unit
    guard let time else { return min(unit, remaining) }
    let share = Double(remaining) / Double(2 * threads) * min(max(weight, 1 / 16), 16)
    let timed = max(ChunkSizes.time, ChunkSizes.handling * Double(threads)) / max(time, 1e-3)
    let limit = Double(min(max(known, 1) * ChunkSizes.growth, largest))
    let size = Int(min(share, timed, limit))
    return min(max(size - size % unit, unit), remaining)
  }
}
