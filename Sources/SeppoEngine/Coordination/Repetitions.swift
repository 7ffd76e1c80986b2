/// Which items are computed on two workers, to see whether they give the same there.
package struct Repetitions: Sendable {
  private let workers: Int
  /// The items that are compared.
  private let places: [Int]
  /// The worker that computed each of them. None where the result was stored by an earlier job, or the item failed.
  private var first: [Int: Int] = [:]
  /// Those that are computed again now: item by item, and the workers.
  private var underWay: [Int: Repetition] = [:]
  private var lost: Set<Int> = []

  /// At least this number of items is compared, where there are as many; and one for each worker.
  private static let least = 5

  /// - Parameter count: items that there are at the start; of those that come later none is compared.
  package init(count: Int, workers: Int) {
    self.workers = workers
    places = EvenSample.places(in: count, atMost: max(Repetitions.least, workers))
  }

  /// The worker has computed these items.
  package mutating func came(_ computed: [Range<Int>], from worker: Int) {
    for place in places where computed.contains(where: { $0.contains(place) }) { first[place] = worker }
  }

  package struct Repetition: Equatable, Sendable {
    package let place: Int
    /// The worker that has computed it.
    package let first: Int
    /// The worker that is to compute it as well.
    package let second: Int
  }

  /// What is to be computed again: on each worker one item at least, so that one that differs from all others is found, but
  /// where there are too few.
  package var all: [Repetition] {
    places.enumerated().compactMap { number, place in
      guard let first = first[place] else { return nil }
      let second = (number..<(number + workers)).lazy.map { $0 % workers }.first { $0 != first && !lost.contains($0) }
      return second.map { Repetition(place: place, first: first, second: $0) }
    }
  }

  package var isDone: Bool { underWay.isEmpty }

  package mutating func begin(_ repetition: Repetition) { underWay[repetition.place] = repetition }

  /// The item has come back, or nothing is to be expected of it any more.
  package mutating func end(_ place: Int) -> Repetition? { underWay.removeValue(forKey: place) }

  package mutating func lost(worker: Int) {
    lost.insert(worker)
    underWay = underWay.filter { $0.value.second != worker }
  }
}
