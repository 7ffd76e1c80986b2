/// A chunk of items that a compute thread of a rank has computed. All times are in nanoseconds, of rank 0's clock.
package struct ComputedChunk: Sendable {
  /// Items that a thread computed together.
  package struct Batch: Sendable, Equatable {
    package let items: Range<Int>
    package let nanoseconds: Int

    package init(items: Range<Int>, nanoseconds: Int) {
      self.items = items
      self.nanoseconds = nanoseconds
    }

    /// The mean time of an item.
    var perItem: Int { nanoseconds / max(1, items.count) }
  }

  package var rank: Int
  package var thread: Int
  package var began: Int
  package var ended: Int
  /// The items that were computed.
  package var items: Range<Int>
  /// How many of them failed in this attempt.
  package var failures: Int
  /// How much of the time was spent on encoding the results.
  package var encoding: Int
  /// The batch that took longest, if it is known.
  package var longest: Batch?

  package init(
    rank: Int, thread: Int, began: Int, ended: Int, items: Range<Int>, failures: Int = 0, encoding: Int = 0,
    longest: Batch? = nil
  ) {
    self.rank = rank
    self.thread = thread
    self.began = began
    self.ended = max(began, ended)
    self.items = items
    self.failures = failures
    self.encoding = min(max(0, encoding), self.ended - began)
    self.longest = longest
  }

  var nanoseconds: Int { ended - began }
}
