/// How a collection is computed by all ranks.
///
/// ```swift
/// let options = ParallelOptions(retries: 1, timeout: .seconds(60))
/// let energies = try molecules.parallel(options).map(dock)
/// ```
public struct ParallelOptions: Sendable {
  /// How many items travel together.
  public var chunk: Chunk
  /// How many items this rank computes at once, 1 to 1024; nil for what the environment's `SEPPO_THREADS` says, or 1.
  /// `mpirun` binds a rank to one core where it isn't told otherwise (`--bind-to none`).
  public var threads: Int?
  /// Maximum number of retries for an item that throws, on another rank where there is one, 0 or more; the last error
  /// counts.
  public var retries: Int
  /// Maximum time of an item, on the clock at the wall; nil for any time.
  ///
  /// An item that takes longer has failed (`SeppoError.itemTimedOut`); with `retries` it is tried again. A thread can't be
  /// stopped, so the one that computes the item is left alone while the others go on. What it gives after its time is
  /// dropped. If it has not come back when nothing else is left to do, nor after twice the timeout, the job ends
  /// (`itemStuck`). Inside an item, where nothing watches, a late item is found out when it has come back.
  public var timeout: Duration?
  /// Where results are kept as they come, so that a later job goes on from there.
  public var checkpoint: Checkpoint?

  /// Options; all but what is given are as without any.
  public init(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil
  ) {
    self.chunk = chunk
    self.threads = threads
    self.retries = retries
    self.timeout = timeout
    self.checkpoint = checkpoint
  }
}

extension ParallelOptions {
  /// Verbs whose values are made of several items compute no more blocks than these; items one by one (nil) where each has
  /// something of its own: a time, retries, a stored result, or its place in a chunk.
  @usableFromInline
  var mostBlocks: Int? { chunk == .automatic && retries == 0 && timeout == nil && checkpoint == nil ? 1 << 14 : nil }
}

/// How many items travel together.
#if hasAttribute(nonexhaustive)
  @nonexhaustive
#endif
public enum Chunk: Sendable, Equatable {
  /// What measured times make sensible: few messages, and an even end.
  case automatic
  /// This number of items is computed at a stretch, 1 or more, and stays together; the last ones may be fewer. Where that
  /// takes microseconds only, several such chunks share a message.
  case items(Int)
}
