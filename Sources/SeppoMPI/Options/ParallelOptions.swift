/// Options for a parallel computation.
///
/// ```swift
/// let options = ParallelOptions(retries: 1, timeout: .seconds(60))
/// let energies = try molecules.parallel(options).map(dock)
/// ```
public struct ParallelOptions: Sendable {
  /// The number of items that are sent together.
  public var chunk: Chunk
  /// The number of compute threads of this rank, 1 to 1024; nil for the value of `SEPPO_THREADS`, or 1 if it is unset.
  ///
  /// By default, `mpirun` binds each rank to one core. For several threads, launch with `--bind-to none`.
  public var threads: Int?
  /// The maximum number of retries for a failed item. A retry runs on another rank, if there is one. If all attempts fail,
  /// the last error is reported.
  public var retries: Int
  /// The maximum wall-clock time per item; nil for no limit.
  ///
  /// A late item fails with `SeppoError.itemTimedOut`; with `retries` it is tried again. With `isolation: .process`, its process
  /// is killed. A thread cannot be cancelled and keeps running while the others continue; its late result is discarded. If the
  /// thread is still running when all other items are done, and twice the timeout has passed, the job ends with `itemStuck`.
  /// In a nested call, a late item is detected only when it returns.
  public var timeout: Duration?
  /// The checkpoint that stores results as they arrive, so that a later job can resume.
  public var checkpoint: Checkpoint?
  /// The seed of the random numbers, for the verbs of ``Parallel/seeded``: any number, the same on every rank.
  public var seed: Int?
  /// Whether items are computed in threads of the rank's process, or in processes of their own.
  public var isolation: Isolation
  /// With `isolation: .process`: the number of items after which a process is replaced by a new one, 1 or more; nil for never.
  /// For libraries that leak memory.
  public var recycle: Int?
  /// With `isolation: .process`: the memory that the items of a process may allocate at the same time, in bytes; nil for no
  /// limit. An item that needs more crashes, and only that item fails. Without effect on macOS.
  public var memoryPerItem: Int?
  /// The maximum number of results that are computed but not consumed, for the verbs whose results are consumed as they
  /// come: 1 or more, or nil for as many as take 16 MiB, and at least two per compute thread of all ranks.
  public var buffer: Int?
  /// The name under which the call shows its progress on standard error, such as "fits"; nil for none. On a terminal it is a bar,
  /// otherwise a line now and then. `SEPPO_PROGRESS=bar`, `log` or `off` says it for all calls.
  public var progress: String?

  /// Creates options, with defaults for all that are omitted.
  public init(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int? = nil, isolation: Isolation = .thread, recycle: Int? = nil,
    memoryPerItem: Int? = nil, progress: String? = nil, buffer: Int? = nil
  ) {
    self.chunk = chunk
    self.threads = threads
    self.retries = retries
    self.timeout = timeout
    self.checkpoint = checkpoint
    self.seed = seed
    self.isolation = isolation
    self.recycle = recycle
    self.memoryPerItem = memoryPerItem
    self.buffer = buffer
    self.progress = progress
  }
}

extension ParallelOptions {
  /// The maximum number of blocks for verbs that compute one value from several items; nil if each item needs a block of its
  /// own, for its timeout, retries, stored result, process, or place in a chunk.
  @usableFromInline
  var mostBlocks: Int? {
    chunk == .automatic && retries == 0 && timeout == nil && checkpoint == nil && isolation == .thread ? 1 << 14 : nil
  }
}

/// Where items are computed.
#if hasAttribute(nonexhaustive)
  @nonexhaustive
#endif
public enum Isolation: Sendable, Equatable {
  /// In threads of the rank's process: the fastest way. An item that crashes ends the job.
  case thread
  /// In child processes of the rank, one for each compute thread, which have everything that `f` captures. An item that
  /// crashes or exits fails with `SeppoError.itemCrashed`. One that exceeds its `timeout:` is killed, with all programs
  /// that it has started. What an item changes, other than its result, stays in its process. A process computes one item after
  /// the other, until it crashes, or as many as `recycle:` says.
  ///
  /// In unit tests on `withRanks`, items are computed in threads.
  case process
}

/// The number of items that are sent together.
#if hasAttribute(nonexhaustive)
  @nonexhaustive
#endif
public enum Chunk: Sendable, Equatable {
  /// Chosen from measured times, for few messages and ranks that finish at the same time.
  case automatic
  /// A fixed number of items, 1 or more, which are computed together on one rank. The last chunk may be smaller. Chunks that
  /// take only microseconds may share a message.
  case items(Int)
}
