/// A rank as the books have it.
struct BookedRank {
  struct Held: Equatable {
    var chunk: Range<Int>
    /// Its last item has passed its time, and isn't this chunk's any more.
    var isOverdue = false
    /// It is an item that may end its rank.
    var isQuarantined = false
    /// The items for which its rank answers.
    var items: Range<Int> { isOverdue ? chunk.dropLast() : chunk }
  }

  var threads = 0
  /// It has come, and gets items when it need not wait for others any more.
  var waits = false
  var held: [Held] = []
  var overdueThreads = 0
  var isThere = false
  var isGone = false
  var isAsked = false
  /// Differs from what was checked last.
  var hasChanged = false

  var holdsQuarantined: Bool { held.contains { $0.isQuarantined } }
  /// None beside a suspect, and none while it waits for others.
  var idleThreads: Int { holdsQuarantined || !isThere ? 0 : max(0, threads - held.count) }

  func isOverdue(_ item: Int) -> Bool { held.contains { $0.isOverdue && $0.chunk.upperBound == item + 1 } }
}
