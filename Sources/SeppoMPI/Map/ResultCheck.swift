/// Which items of a map are computed on two ranks, to see whether `f` gives the same there.
struct ResultCheck {
  private let ranks: Int
  /// The places of the items that are compared.
  private let places: [Int]
  /// The rank that computed each of them, by its place. None where the result was stored by an earlier job, or the item
  /// failed.
  private var ranksByPlace: [Int: Int] = [:]

  /// At least so many items are compared, where there are as many; and one for each rank.
  private static let least = 5

  init(count: Int, ranks: Int) {
    self.ranks = ranks
    places = ItemSample.places(in: count, atMost: max(ResultCheck.least, ranks))
  }

  /// These items were computed by the rank, but for those that failed.
  mutating func came(_ items: Range<Int>, without failures: [FailedItem], from rank: Int) {
    for place in places where items.contains(place) && !failures.contains(where: { $0.index == place }) {
      ranksByPlace[place] = rank
    }
  }

  struct Repetition: Equatable {
    let place: Int
    /// The rank that has computed it.
    let first: Int
    /// The rank that is to compute it as well.
    let second: Int
  }

  /// What is to be computed again: on each rank one item at least, so that one that differs from all others is found, but
  /// where there are too few.
  var repetitions: [Repetition] {
    places.enumerated().compactMap { number, place in
      guard let first = ranksByPlace[place] else { return nil }
      let second = number % ranks
      return Repetition(place: place, first: first, second: second == first ? (second + 1) % ranks : second)
    }
  }
}

extension ResultCheck {
  /// A result as a sentence names it.
  static func text(_ result: Any) -> String { AnyValue.text(result, atMost: 80) }
}
