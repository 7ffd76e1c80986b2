/// The items that have passed their time and are still computed, on whichever worker.
struct OverdueItems: Sendable {
  struct Item: Sendable {
    let worker: Int
    let index: Int
    /// When it was begun, in nanoseconds.
    let since: Int
  }

  private var items: [Item] = []

  var isEmpty: Bool { items.isEmpty }

  mutating func append(_ report: OverdueReport, of worker: Int, at now: Int) {
    for (failure, elapsed) in zip(report.items, report.elapsed) {
      items.append(Item(worker: worker, index: failure.index, since: now - elapsed))
    }
  }

  /// The chunk has come back.
  mutating func remove(in chunk: Range<Int>, of worker: Int) {
    if items.isEmpty { return }
    items.removeAll { $0.worker == worker && chunk.contains($0.index) }
  }

  mutating func removeAll(of worker: Int) { items.removeAll { $0.worker == worker } }

  /// The lowest of them, where all have had as long again as they may take: until then they may only be slow.
  func stuck(at now: Int, timeout: Int) -> Item? {
    guard items.allSatisfy({ now - $0.since >= 2 * timeout }) else { return nil }
    return items.min { $0.index < $1.index }
  }
}
