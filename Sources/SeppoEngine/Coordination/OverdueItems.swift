/// The items of all workers that have exceeded their time limit and are still running.
struct OverdueItems: Sendable {
  struct Item: Sendable {
    let worker: Int
    let index: Int
    /// When it was started, in nanoseconds.
    let since: Int
  }

  private var items: [Item] = []

  var isEmpty: Bool { items.isEmpty }

  mutating func append(_ report: OverdueReport, of worker: Int, at now: Int) {
    for (failure, elapsed) in zip(report.items, report.elapsed) {
      items.append(Item(worker: worker, index: failure.index, since: now - elapsed))
    }
  }

  /// Removes the items of a chunk that has been returned.
  mutating func remove(in chunk: Range<Int>, of worker: Int) {
    if items.isEmpty { return }
    items.removeAll { $0.worker == worker && chunk.contains($0.index) }
  }

  mutating func removeAll(of worker: Int) { items.removeAll { $0.worker == worker } }

  /// Returns the lowest item if every item has run for twice its time limit: until then an item may only be slow.
  func stuck(at now: Int, timeout: Int) -> Item? {
    guard items.allSatisfy({ now - $0.since >= 2 * timeout }) else { return nil }
    return items.min { $0.index < $1.index }
  }
}
