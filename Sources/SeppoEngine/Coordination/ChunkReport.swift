/// An item that failed.
package struct ItemFailure: Sendable {
  package let index: Int
  /// Why. The engine never looks at it.
  package let error: any Error

  package init(index: Int, error: any Error) {
    self.index = index
    self.error = error
  }
}

/// What a worker says of a chunk that it is done with.
package struct ChunkReport: Sendable {
  /// The chunk as the worker still held it.
  package let chunk: Range<Int>
  /// Items that are dealt with, from the first on: computed, or failed. The others were not begun.
  package var completed: Int
  /// Lowest first.
  package var failures: [ItemFailure]
  /// What computing took.
  package let nanoseconds: Int
  /// How long the chunk was with the worker, in nanoseconds; nil where it had no way to go.
  package let resident: Int?

  package init(
    chunk: Range<Int>, completed: Int, failures: [ItemFailure] = [], nanoseconds: Int, resident: Int? = nil
  ) {
    self.chunk = chunk
    self.completed = completed
    self.failures = failures
    self.nanoseconds = nanoseconds
    self.resident = resident
  }

  /// The items that are dealt with.
  package var done: Range<Int> { chunk.prefix(completed) }

  /// How many items were computed.
  package var made: Int { completed - failures.count }

  /// The runs of items that were computed, between those that failed.
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

/// Items that have passed their time, as a worker reports them.
package struct OverdueReport: Sendable {
  package let items: [ItemFailure]
  /// How long each has been computed for, in nanoseconds.
  package let elapsed: [Int]
  /// What stood behind them and is given up.
  package let returned: [Range<Int>]

  package init(items: [ItemFailure], elapsed: [Int], returned: [Range<Int>]) {
    self.items = items
    self.elapsed = elapsed
    self.returned = returned
  }
}
