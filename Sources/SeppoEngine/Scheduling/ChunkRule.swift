/// How many items make a chunk.
package enum ChunkRule: Sendable, Equatable {
  /// The chunk size follows from the measured times.
  case automatic
  /// This number of items stays together. If they take only microseconds, a chunk is a multiple of it.
  case items(Int)

  /// The number of items that stay together.
  package var unit: Int {
    switch self {
    case .automatic: 1
    case .items(let count): max(1, count)
    }
  }
}

/// The sizes of chunks: adaptive weighted factoring, with a limit on a chunk's time.
///
/// Factoring assigns half of the remaining items in equal chunks, then half of the rest, and so on: S. F. Hummel, E.
/// Schonberg, L. E. Flynn, "Factoring: A Method for Scheduling Parallel Loops", Communications of the ACM 35 (8), 1992.
/// The chunks are weighted by each rank's measured speed: I. Banicescu, V. Velusamy, J. Devaprasad, "On the Scalability
/// of Dynamic Scheduling Scientific Applications with Adaptive Weighted Factoring", Cluster Computing 6 (3), 2003.
///
/// Both balance the load at the end. A chunk that takes much longer than its messages gains nothing from being longer
/// still, so its time is limited too. Before anything is measured, chunks start at one item and grow.
struct ChunkSizes: Sendable {
  let rule: ChunkRule
  /// The maximum number of items in a chunk.
  let largest: Int

  /// The intended time of a chunk, in nanoseconds: about 100 times the cost of assigning it.
  static let targetTime = 10_000_000.0
  /// The time, in nanoseconds, in which rank 0 assigns a chunk and receives its results. With many threads chunks take
  /// longer, so that rank 0 keeps up.
  static let handlingTime = 10_000.0
  /// The factor by which chunks grow while their times are being measured.
  static let growth = 8

  /// Returns the size of the next chunk, in items.
  ///
  /// - Parameters:
  ///   - remaining: the number of unassigned items, 1 or more.
  ///   - threads: the number of compute threads on all ranks, 1 or more.
  ///   - time: the time per item on the rank, in nanoseconds; nil if unknown.
  ///   - weight: the rank's speed relative to the mean of all ranks.
  ///   - largestMeasured: the size of the largest chunk whose time was measured, in items; 0 for none.
  func size(remaining: Int, threads: Int, time: Double?, weight: Double, largestMeasured: Int) -> Int {
    let unit = rule.unit
    guard let time else { return min(unit, remaining) }
    let share = Double(remaining) / Double(2 * threads) * min(max(weight, 1 / 16), 16)
    let timed = max(ChunkSizes.targetTime, ChunkSizes.handlingTime * Double(threads)) / max(time, 1e-3)
    let limit = Double(min(max(largestMeasured, 1) * ChunkSizes.growth, largest))
    let size = Int(min(share, timed, limit))
    return min(max(size - size % unit, unit), remaining)
  }
}
