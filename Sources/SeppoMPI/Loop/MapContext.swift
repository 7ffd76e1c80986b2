import SeppoCompute
import SeppoEngine
import SeppoWire

/// What all chunks of a call share on one rank.
struct MapContext: Sendable {
  let rank: Int
  let host: String
  let place: Place
  let limits: ChunkLimits
  /// This number of blocks stays together.
  let unit: Int
  /// Whether a chunk ends at the first item that fails.
  let stopsAtFailure: Bool
  /// Whether an item that throws after the job was asked to stop is left for a later job.
  let mindsRequests: Bool
  /// How long an item may take, in nanoseconds; nil for any time.
  let timeout: Int?
  let itemsAreMemory: Bool
  /// Whether rank 0 computes its own items as the other ranks get theirs: a type that loses something on the way would
  /// otherwise give other results where rank 0 computes it.
  let readsItemsBack: Bool
  let valuesAreMemory: Bool
  /// Rank 0 looks at what a type loses on its way.
  let roundTrips: RoundTripCheck?

  /// What becomes of a block that passes the time of its items.
  func timedOut(_ block: Int, of blocks: Blocks) -> SeppoError {
    .itemTimedOut(
      .init(
        index: blocks.firstItem(of: block), rank: rank, host: host, timeout: Double(blocks.time(timeout) ?? 0) / 1e9,
        tries: 1,
        place: place.text))
  }

  func threw(_ error: any Error, _ index: Int) -> SeppoError {
    .itemThrew(ItemError(error, index: index, rank: rank, host: host, place: place.text))
  }

  func uncodable(_ error: WireError, _ index: Int) -> SeppoError {
    SeppoError(error, index: index, rank: rank, host: host)
  }
}
