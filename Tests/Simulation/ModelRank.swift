/// The reference model of a rank.
struct ModelRank {
  struct ModelChunk: Equatable {
    var chunk: Range<Int>
    /// Whether its last item is overdue and no longer belongs to this chunk.
    var isOverdue = false
    /// Whether it is a quarantined item.
    var isQuarantined = false
    /// The items that the rank has to return.
    var items: Range<Int> { isOverdue ? chunk.dropLast() : chunk }
  }

  var threads = 0
  /// Whether the rank has joined and is waiting for others.
  var waits = false
  var held: [ModelChunk] = []
  var overdueThreads = 0
  var isPresent = false
  var isLost = false
  var isRecallPending = false
  /// Whether it has changed since the last check.
  var hasChanged = false

  var holdsQuarantined: Bool { held.contains { $0.isQuarantined } }
  /// None while it holds a quarantined item or waits for others.
  var idleThreads: Int { holdsQuarantined || !isPresent ? 0 : max(0, threads - held.count) }

  func isOverdue(_ item: Int) -> Bool { held.contains { $0.isOverdue && $0.chunk.upperBound == item + 1 } }
}
