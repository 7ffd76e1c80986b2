/// Failed items that are to be retried, preferably on another rank than the one on which they failed last.
struct Retries: Sendable {
  private struct RetryState: Sendable {
    var tries: Int
    /// The rank on which it failed last.
    var rank: Int
    /// Whether it is in `waiting`. Otherwise a rank holds it.
    var isWaiting: Bool
  }

  /// The maximum number of retries per item.
  let maximum: Int
  /// Failed items that are neither done nor permanently failed.
  private var failed: [Int: RetryState] = [:]
  /// The waiting items by the rank on which they failed last.
  private var waiting: [Int: RangeHeap] = [:]
  /// The ranks in `waiting`, in ascending order.
  private var ranks: [Int] = []
  /// The number of waiting items.
  private(set) var count = 0

  init(maximum: Int) { self.maximum = maximum }

  /// The number of entries in memory.
  var footprint: Int { failed.count + count + 2 * ranks.count }

  /// Records a failure. Returns nil if the item is to be retried, otherwise the number of tries.
  mutating func fail(_ index: Int, on rank: Int) -> Int? {
    if maximum == 0 { return 1 }
    let tries = (failed[index]?.tries ?? 0) + 1
    if tries > maximum {
      failed[index] = nil
      return tries
    }
    failed[index] = RetryState(tries: tries, rank: rank, isWaiting: true)
    insert(index, after: rank)
    return nil
  }

  /// Forgets an item that is done or has failed permanently, unless it is waiting.
  mutating func settle(_ index: Int) {
    if !failed.isEmpty, failed[index]?.isWaiting == false { failed[index] = nil }
  }

  /// Puts back an item that a rank was to retry but has not started. Returns false if it isn't one of these.
  mutating func putBack(_ index: Int) -> Bool {
    guard !failed.isEmpty, let failure = failed[index], !failure.isWaiting else { return false }
    failed[index]?.isWaiting = true
    insert(index, after: failure.rank)
    return true
  }

  private mutating func insert(_ index: Int, after rank: Int) {
    if waiting[rank] == nil {
      waiting[rank] = RangeHeap()
      ranks.insert(rank, at: ranks.firstIndex { $0 > rank } ?? ranks.count)
    }
    waiting[rank]?.insert(index..<(index + 1))
    count += 1
  }

  /// Returns whether there is an item that the rank may retry.
  ///
  /// - Parameters:
  ///   - isOnlyAvailable: whether no other rank can take the items that failed on this one.
  ///   - overdue: items that the rank is still computing. A second try on the same rank couldn't be told from the
  ///     first.
  func hasItem(for rank: Int, isOnlyAvailable: Bool, excluding overdue: [Int]) -> Bool {
    source(for: rank, isOnlyAvailable: isOnlyAvailable, excluding: overdue) != nil
  }

  /// Removes the lowest item of those that failed on the same other rank.
  mutating func takeItem(for rank: Int, isOnlyAvailable: Bool, excluding overdue: [Int]) -> Int? {
    guard let source = source(for: rank, isOnlyAvailable: isOnlyAvailable, excluding: overdue),
      let index = waiting[source]?.takeLowest(excluding: overdue)
    else { return nil }
    failed[index]?.isWaiting = false
    count -= 1
    removeIfEmpty(source)
    return index
  }

  private func source(for rank: Int, isOnlyAvailable: Bool, excluding overdue: [Int]) -> Int? {
    ranks.first { source in
      guard isOnlyAvailable || source != rank, let heap = waiting[source] else { return false }
      return overdue.isEmpty || heap.hasRange(excluding: overdue)
    }
  }

  /// Removes items at or above the bound.
  mutating func limit(to bound: Int) {
    for rank in ranks {
      waiting[rank]?.limit(to: bound)
      removeIfEmpty(rank)
    }
    failed = failed.filter { $0.key < bound }
    count = ranks.reduce(0) { $0 + (waiting[$1]?.total ?? 0) }
  }

  private mutating func removeIfEmpty(_ rank: Int) {
    guard waiting[rank]?.isEmpty == true else { return }
    waiting[rank] = nil
    ranks.removeAll { $0 == rank }
  }
}
