/// The reference model of the items that two workers compute.
struct ModelRepetitions {
  /// The worker that computed each item's result; -1 if it wasn't computed in this map.
  private var computedBy: [Int]
  /// The workers that are computing repetitions, by item.
  private(set) var inProgress: [Int: Int] = [:]
  private var started: Set<Int> = []
  private(set) var compared = 0

  init(count: Int) { computedBy = Array(repeating: -1, count: count) }

  /// Whether the map has reached the repetitions.
  var hasStarted: Bool { !started.isEmpty }

  mutating func computed(_ item: Int, by worker: Int) { computedBy[item] = worker }

  mutating func assigned(_ chunk: Range<Int>, to worker: Int) throws {
    let item = chunk.lowerBound
    guard chunk.count == 1, computedBy[item] >= 0 else {
      throw Violation("\(chunk) is computed again although it has no result")
    }
    guard computedBy[item] != worker else { throw Violation("item \(item) is computed twice by worker \(worker)") }
    guard started.insert(item).inserted else { throw Violation("item \(item) is computed a third time") }
    inProgress[item] = worker
  }

  /// Returns the worker that computed the item first; nil if no repetition was expected any more.
  mutating func ended(_ item: Int) -> Int? { inProgress.removeValue(forKey: item) == nil ? nil : computedBy[item] }

  mutating func recordComparison() { compared += 1 }

  mutating func lost(_ worker: Int) { inProgress = inProgress.filter { $0.value != worker } }

  /// Checks that at least the first item was computed twice if there are other workers.
  func checkFirstItem(_ isWanted: Bool) throws {
    guard inProgress.isEmpty else {
      throw Violation("the map has ended while the repetitions \(inProgress) are running")
    }
    if isWanted, computedBy.first ?? -1 >= 0, !started.contains(0) { throw Violation("no item was computed twice") }
  }
}
