/// Which items have failed, where, how often, and which of them wait to be tried again.
struct FailureBook {
  /// Tries that failed, by item.
  private(set) var tries: [Int]
  private(set) var lastFailedOn: [Int]
  /// Below the bound.
  private(set) var waiting: [Int] = []
  /// Where each item is among these.
  private var places: [Int]
  /// How many of these failed last on a rank.
  private(set) var waitingAfter: [Int]
  /// Items that have failed at some time, and have no fate yet.
  private(set) var open = 0
  /// Failures after which an item is tried again.
  private(set) var again = 0

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

  mutating func isTriedAgain(_ item: Int) {
    again += 1
    waits(item)
  }

  mutating func waitsNoMore(_ item: Int) {
    let last = waiting[waiting.count - 1]
    waiting[places[item]] = last
    places[last] = places[item]
    waiting.removeLast()
    waitingAfter[lastFailedOn[item]] -= 1
  }
}
