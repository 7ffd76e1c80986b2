/// The computing of one chunk, batch by batch: which items come next, and what becomes of an item that throws or takes too
/// long. Pure: the items themselves are computed elsewhere, and times come in, in nanoseconds.
package struct ChunkRun: Sendable {
  package struct Rules: Sendable {
    /// Whether a chunk ends at the first item that fails.
    package var stopsAtFailure: Bool
    /// How long an item may take, in nanoseconds; nil for any time.
    package var timeout: Int?
    /// No batch has more items.
    package var longestBatch: Int

    package init(stopsAtFailure: Bool = false, timeout: Int? = nil, longestBatch: Int = .max) {
      self.stopsAtFailure = stopsAtFailure
      self.timeout = timeout
      // What may pass its time is begun by itself, so that it is known which item does.
      self.longestBatch = timeout == nil ? longestBatch : 1
    }
  }

  /// What an attempt at the rest of a batch came to.
  package enum Outcome: Sendable, Equatable {
    case computed
    /// The next item threw.
    case threw
    /// The item took longer than it may: what it gave is as good as nothing, as its failure may be known already.
    case overdue
  }

  package let cursor: ChunkCursor
  package let rules: Rules
  /// Items that are dealt with, from the chunk's first on: computed, or failed.
  package private(set) var completed = 0
  /// Those that failed, lowest first.
  package private(set) var failed: [Int] = []
  /// The end of the last batch, counted from the chunk's first item.
  package private(set) var begun = 0
  /// When the last batch was begun.
  package private(set) var since: Int
  private var size: BatchSize
  /// Items that were dealt with before the last batch.
  private var before = 0
  private var isLimited = false

  package init(_ cursor: ChunkCursor, _ rules: Rules, at now: Int) {
    self.cursor = cursor
    self.rules = rules
    since = now
    size = BatchSize(unit: cursor.unit)
  }

  private var first: Int { cursor.chunk.lowerBound }

  /// Items that were computed.
  package var made: Int { completed - failed.count }

  /// Whether the chunk ends here, as one of its items has failed.
  package var isOver: Bool { rules.stopsAtFailure && !failed.isEmpty }

  /// Begins the next batch; nil where there is none any more.
  package mutating func next(at now: Int) -> Range<Int>? {
    if begun > 0 { size.took(now - since, for: completed - before) }
    since = now
    guard !isOver, completed == begun, !isLimited else { return nil }
    guard let batch = cursor.next(min(size.items, rules.longestBatch)) else { return nil }
    before = completed
    begun = batch.upperBound - first
    return batch
  }

  /// What is left of the batch: behind an item that failed, where the chunk goes on. Nil where nothing is.
  package var rest: Range<Int>? {
    completed < begun && !isOver && !isLimited ? (first + completed)..<(first + begun) : nil
  }

  /// The rest of the batch was tried.
  ///
  /// - Parameters:
  ///   - computed: items, from the rest's first on, that were.
  ///   - threw: whether the one behind these threw; otherwise the others were not begun, if any are left.
  ///   - now: asked where items have a time.
  package mutating func tried(computed: Int, threw: Bool, at now: @autoclosure () -> Int) -> Outcome {
    if let timeout = rules.timeout, computed > 0 || threw, now() - since > timeout {
      fail()
      return .overdue
    }
    completed += computed
    if threw { return .threw }
    isLimited = completed < begun
    return .computed
  }

  /// Nothing more of the chunk is begun here, and its next item is not done.
  package mutating func leave() { isLimited = true }

  /// The next item has failed.
  package mutating func fail() {
    failed.append(first + completed)
    completed += 1
  }

  /// Nothing from this item of the chunk on counts: its result can't travel, and it stands before those that failed.
  package mutating func end(before item: Int) {
    completed = item - first
    failed.removeAll { $0 >= item }
    isLimited = true
  }

  /// Computed items that turned out to have failed all the same, in ascending order.
  package mutating func add(failed more: [Int]) { failed = (failed + more).sorted() }
}
