/// An item that failed.
package struct ItemFailure: Sendable {
  package let index: Int
  /// The reason. The engine never inspects it.
  package let error: any Error

  package init(index: Int, error: any Error) {
    self.index = index
    self.error = error
  }
}

/// A worker's report about a chunk that it has finished.
package struct ChunkReport: Sendable {
  /// The chunk, without the items that the worker has given up.
  package let chunk: Range<Int>
  /// The number of items processed, from the start of the chunk, including failures. The others were not started.
  package var completed: Int
  /// In ascending order.
  package var failures: [ItemFailure]
  /// The computing time.
  package let nanoseconds: Int
  /// How long the worker held the chunk, in nanoseconds; nil if no message was needed.
  package let resident: Int?
  /// Nil if the chunk was not computed, or its worker didn't measure it.
  package let timing: ChunkTiming?

  package init(
    chunk: Range<Int>, completed: Int, failures: [ItemFailure] = [], nanoseconds: Int, resident: Int? = nil,
    timing: ChunkTiming? = nil
  ) {
    self.chunk = chunk
    self.completed = completed
    self.failures = failures
    self.nanoseconds = nanoseconds
    self.resident = resident
    self.timing = timing
  }

  /// The processed items.
  package var done: Range<Int> { chunk.prefix(completed) }

  /// The number of items computed without failure.
  package var computedCount: Int { completed - failures.count }

  /// The ranges of computed items between the failed ones.
  package var computed: [Range<Int>] {
    var runs: [Range<Int>] = []
    var first = chunk.lowerBound
    for end in failures.map(\.index) + [done.upperBound] where end <= done.upperBound {
      if first < end { runs.append(first..<end) }
      first = end + 1
    }
    return runs
  }
}

/// A worker's report about overdue items.
package struct OverdueReport: Sendable {
  package let items: [ItemFailure]
  /// How long each item has been running, in nanoseconds.
  package let elapsed: [Int]
  /// The unstarted items after them, given up by the worker.
  package let returned: [Range<Int>]

  package init(items: [ItemFailure], elapsed: [Int], returned: [Range<Int>]) {
    self.items = items
    self.elapsed = elapsed
    self.returned = returned
  }
}
