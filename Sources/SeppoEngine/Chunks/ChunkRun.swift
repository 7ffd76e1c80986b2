/// The computation of one chunk, batch by batch: it decides which items come next and what happens to an item that
/// throws or takes too long. It is a pure state machine: the caller computes the items and passes in the time, in
/// nanoseconds.
package struct ChunkRun: Sendable {
  package struct Options: Sendable {
    /// Whether the first failed item ends the chunk.
    package var stopsAtFailure: Bool
    /// The maximum time per item, in nanoseconds; nil for no limit.
    package var timeout: Int?
    /// The maximum number of items in a batch.
    package var longestBatch: Int
    /// The time after which no further batch is started, in nanoseconds; nil for no limit. The remaining items count as not
    /// started.
    package var longestTime: Int?

    package init(
      stopsAtFailure: Bool = false, timeout: Int? = nil, longestBatch: Int = .max, longestTime: Int? = nil
    ) {
      self.longestTime = longestTime
      self.stopsAtFailure = stopsAtFailure
      self.timeout = timeout
      // With a time limit, each item is a batch of its own: otherwise it isn't known which one exceeds it.
      self.longestBatch = timeout == nil ? longestBatch : 1
    }
  }

  /// The result of an attempt to compute the rest of a batch.
  package enum AttemptResult: Sendable, Equatable {
    case computed
    /// The next item threw.
    case threw
    /// The item exceeded its time limit. Its result is discarded, as its failure may already have been reported.
    case overdue
  }

  package let cursor: ChunkCursor
  package let options: Options
  /// The number of items processed, from the start of the chunk, including failures.
  package private(set) var completed = 0
  /// The items that failed, in ascending order.
  package private(set) var failed: [Int] = []
  /// The number of items started, from the start of the chunk.
  package private(set) var started = 0
  /// When the last batch was started.
  package private(set) var startTime: Int
  /// When the first batch was started.
  private var firstStart: Int?
  private var size: BatchSize
  /// The number of items processed before the last batch.
  private var completedBefore = 0
  private var isStopped = false
  /// The batch that took longest; nil before the first one has ended.
  package private(set) var longest: ChunkTiming.Batch?

  package init(_ cursor: ChunkCursor, _ options: Options, at now: Int) {
    self.cursor = cursor
    self.options = options
    startTime = now
    size = BatchSize(unit: cursor.unit)
  }

  private var first: Int { cursor.chunk.lowerBound }

  /// The number of items computed without failure.
  package var computedCount: Int { completed - failed.count }

  /// Whether the chunk ends early because one of its items failed.
  package var endedByFailure: Bool { options.stopsAtFailure && !failed.isEmpty }

  /// Starts the next batch. Returns nil if there is none.
  package mutating func next(at now: Int) -> Range<Int>? {
    if started > 0 { recordBatch(nanoseconds: now - startTime) }
    startTime = now
    guard !endedByFailure, completed == started, !isStopped else { return nil }
    if let limit = options.longestTime, let firstStart, now - firstStart > limit { return nil }
    if firstStart == nil { firstStart = now }
    guard let batch = cursor.next(min(size.items, options.longestBatch)) else { return nil }
    completedBefore = completed
    started = batch.upperBound - first
    return batch
  }

  private mutating func recordBatch(nanoseconds: Int) {
    size.record(nanoseconds: nanoseconds, items: completed - completedBefore)
    guard completed > completedBefore, nanoseconds > longest?.nanoseconds ?? 0 else { return }
    longest = ChunkTiming.Batch(items: (first + completedBefore)..<(first + completed), nanoseconds: nanoseconds)
  }

  /// The rest of the current batch, after an item that failed; nil if the chunk doesn't continue there.
  package var rest: Range<Int>? {
    completed < started && !endedByFailure && !isStopped ? (first + completed)..<(first + started) : nil
  }

  /// Records an attempt to compute the rest of the batch.
  ///
  /// - Parameters:
  ///   - computed: the number of items computed, from the start of the rest.
  ///   - threw: whether the item after these threw. If not, any remaining items were not started.
  ///   - now: the current time in nanoseconds; evaluated only if items have a time limit.
  package mutating func recordAttempt(computed: Int, threw: Bool, at now: @autoclosure () -> Int) -> AttemptResult {
    if let timeout = options.timeout, computed > 0 || threw, now() - startTime > timeout {
      fail()
      return .overdue
    }
    completed += computed
    if threw { return .threw }
    isStopped = completed < started
    return .computed
  }

  /// Starts no more items of the chunk and leaves the next item unprocessed.
  package mutating func stop() { isStopped = true }

  /// Records the failure of the next item.
  package mutating func fail() {
    failed.append(first + completed)
    completed += 1
  }

  /// Discards everything from this item on, including later failures: its result can't be sent.
  package mutating func end(before item: Int) {
    completed = item - first
    failed.removeAll { $0 >= item }
    isStopped = true
  }

  /// Adds computed items that turned out to have failed, in ascending order.
  package mutating func add(failed more: [Int]) { failed = (failed + more).sorted() }
}
