/// A check that results don't depend on the worker: some items are computed again by a second worker.
package struct Repetitions: Sendable {
  private let workers: Int
  /// The items to compare.
  private let indices: [Int]
  /// The worker that computed each item. Items that failed or were stored by an earlier job have none.
  private var first: [Int: Int] = [:]
  /// The repetitions that are being computed, by item.
  private var inProgress: [Int: Repetition] = [:]
  private var lost: Set<Int> = []

  /// The minimum number of items to compare, if there are that many. At least one per worker is compared.
  private static let minimum = 5

  /// - Parameter count: the number of items at the start. Items that are added later are not compared.
  package init(count: Int, workers: Int) {
    self.workers = workers
    indices = EvenSample.indices(in: count, atMost: max(Repetitions.minimum, workers))
  }

  /// Records that the worker has computed these items.
  package mutating func recordComputed(_ computed: [Range<Int>], from worker: Int) {
    for index in indices where computed.contains(where: { $0.contains(index) }) { first[index] = worker }
  }

  package struct Repetition: Equatable, Sendable {
    package let index: Int
    /// The worker that computed the item first.
    package let first: Int
    /// The worker that computes it again.
    package let second: Int
  }

  /// The repetitions to compute. If there are enough items, each worker gets at least one, so that a worker whose
  /// results differ from all others is found.
  package var planned: [Repetition] {
    indices.enumerated().compactMap { number, index in
      guard let first = first[index] else { return nil }
      let second = (number..<(number + workers)).lazy.map { $0 % workers }.first { $0 != first && !lost.contains($0) }
      return second.map { Repetition(index: index, first: first, second: $0) }
    }
  }

  package var isDone: Bool { inProgress.isEmpty }

  package mutating func begin(_ repetition: Repetition) { inProgress[repetition.index] = repetition }

  /// Ends the repetition of an item: it has been returned, or is no longer expected.
  package mutating func end(_ index: Int) -> Repetition? { inProgress.removeValue(forKey: index) }

  package mutating func lost(worker: Int) {
    lost.insert(worker)
    inProgress = inProgress.filter { $0.value.second != worker }
  }
}
