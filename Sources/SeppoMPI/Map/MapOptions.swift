import SeppoEngine

/// The options of a map, checked when it is called.
@usableFromInline
struct MapOptions: Sendable {
  let chunk: Chunk
  /// Nil for what `SEPPO_THREADS` says.
  let threads: Int?
  /// So many times more is an item tried that failed.
  let retries: Int
  /// How long an item may take; nil for any time.
  let timeout: Duration?
  /// Where the results are kept as they come.
  let checkpoint: Checkpoint?
  /// Whether every rank has the items, so that they are compared with rank 0's.
  @usableFromInline let areEverywhere: Bool

  @usableFromInline
  init(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, areEverywhere: Bool = true
  ) {
    self.chunk = chunk
    self.threads = threads
    self.retries = retries
    self.timeout = timeout
    self.checkpoint = checkpoint
    self.areEverywhere = areEverywhere
  }

  var rule: ChunkRule {
    switch chunk {
    case .automatic: .automatic
    // No chunk is longer, as no message of a count that fits 32 bits is.
    case .items(let count): .items(min(count, 1 << 31))
    }
  }

  var timeoutNanoseconds: Int? { timeout?.inNanoseconds }
}
