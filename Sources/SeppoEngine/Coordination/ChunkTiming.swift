/// When and how a worker computed a chunk. The engine doesn't use it: it is what summaries and timelines are made of.
package struct ChunkTiming: Sendable, Equatable {
  /// Items that a thread computed together, and how long that took, in nanoseconds.
  package struct Batch: Sendable, Equatable {
    package let items: Range<Int>
    package let nanoseconds: Int

    package init(items: Range<Int>, nanoseconds: Int) {
      self.items = items
      self.nanoseconds = nanoseconds
    }
  }

  /// When the computation began, in nanoseconds of the worker's clock.
  package var began: Int
  /// The number of the worker's thread.
  package var thread: Int
  /// How much of the computing time was spent on encoding the results, in nanoseconds.
  package var encoding: Int
  /// The batch that took longest; nil if nothing was computed. A long item is a batch of its own.
  package var longest: Batch?

  package init(began: Int, thread: Int, encoding: Int = 0, longest: Batch? = nil) {
    self.began = began
    self.thread = thread
    self.encoding = encoding
    self.longest = longest
  }
}
