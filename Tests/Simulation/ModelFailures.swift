/// The reference model of failures: which items have failed, where and how often, and which of them wait to be retried.
struct ModelFailures {
  /// The number of failed tries, by item.
  private(set) var tries: [Int]
  private(set) var lastFailedOn: [Int]
  /// The items below the bound that wait to be retried.
  private(set) var waiting: [Int] = []
  /// The position of each item in `waiting`.
  private var places: [Int]
  /// The number of waiting items that failed last on each rank.
  private(set) var waitingAfter: [Int]
  /// The number of items that have failed and are not settled.
  private(set) var open = 0
  /// The number of failures that were followed by a retry.
  private(set) var retried = 0

  init(count: Int, ranks: Int) {
    tries = Array(repeating: 0, count: count)
    lastFailedOn = Array(repeating: -1, count: count)
    places = lastFailedOn
    waitingAfter = Array(repeating: 0, count: ranks)
  }

  mutating func failed(_ item: Int, on rank: Int) {
    if tries[item] == 0 { open += 1 }
    tries[item] += 1
    lastFailedOn[item] = rank
  }

  mutating func settled(_ item: Int) { if tries[item] > 0 { open -= 1 } }

  mutating func waits(_ item: Int) {
    places[item] = waiting.count
    waiting.append(item)
    waitingAfter[lastFailedOn[item]] += 1
  }

  mutating func isRetried(_ item: Int) {
    retried += 1
    waits(item)
  }

  mutating func stopsWaiting(_ item: Int) {
    let last = waiting[waiting.count - 1]
    waiting[places[item]] = last
    places[last] = places[item]
    waiting.removeLast()
    waitingAfter[lastFailedOn[item]] -= 1
  }
}
