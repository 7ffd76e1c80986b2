import SeppoProcess

/// On rank 0: the items that have passed their time and are still computed, on whichever rank.
struct ItemsStillAtWork {
  struct Item {
    let rank: Int
    let index: Int
    /// When it was begun, in nanoseconds.
    let since: Int
  }

  private var items: [Item] = []

  var isEmpty: Bool { items.isEmpty }

  /// Those that the rank has just reported.
  mutating func append(_ report: LateReport, of rank: Int) {
    let now = monotonicNanoseconds()
    for (failure, elapsed) in zip(report.items, report.elapsed) {
      items.append(Item(rank: rank, index: failure.index, since: now - elapsed))
    }
  }

  /// These have come back.
  mutating func remove(_ failures: [FailedItem], of rank: Int) {
    if items.isEmpty { return }
    items.removeAll { late in late.rank == rank && failures.contains { $0.index == late.index } }
  }

  /// The lowest of them, where all have had as long again as they may take: until then they may only be slow.
  func stuck(at now: Int, timeout: Int) -> Item? {
    guard items.allSatisfy({ now - $0.since >= 2 * timeout }) else { return nil }
    return items.min { $0.index < $1.index }
  }
}
