import SeppoCompute
import SeppoEngine

/// The properties that all chunks of a call share on one rank.
struct MapContext: Sendable {
  let errors: ItemErrors
  let limits: ChunkLimits
  /// The number of blocks that stay together.
  let unit: Int
  /// Whether a chunk ends at the first item that fails.
  let stopsAtFailure: Bool
  /// Whether an item that throws after a request to stop is left for a later job.
  let observesStopRequests: Bool
  /// The timeout per item, in nanoseconds; nil for no limit.
  let timeout: Int?
  /// The time after which a chunk is returned, with the items that are computed, in nanoseconds; nil for no limit.
  let longestChunk: Int?
  let itemsAreMemory: Bool
  /// Whether rank 0 encodes and decodes its own items before computing them, as for other ranks. Otherwise a type that loses
  /// data in a round trip would have different results on rank 0.
  let decodesOwnItems: Bool
  let valuesAreMemory: Bool
  /// On rank 0: the check for types that lose data in a round trip.
  let roundTrips: RoundTripCheck?

  var place: Place { errors.place }

  /// Returns the error of a block that exceeds its timeout.
  func timedOut(_ block: Int, of blocks: Blocks) -> SeppoError {
    errors.timedOut(blocks.firstItem(of: block), after: blocks.timeout(perItem: timeout) ?? 0)
  }
}
