/// Items that failed and are to be tried again, on another rank than the one that failed last where there is one.
struct Retries: Sendable {
  private struct Failure: Sendable {
    var tries: Int
    /// Where it failed last.
    var rank: Int
    /// It is in `waiting`; otherwise a rank is at it.
    var waits: Bool
  }

  /// So many times more is an item tried.
  let most: Int
  /// Of items whose fate is open only.
  private var failed: [Int: Failure] = [:]
  /// By the rank on which they failed last.
  private var waiting: [Int: RangeHeap] = [:]
  /// The ranks in `waiting`, in ascending order.
  private var ranks: [Int] = []
  /// Items that wait.
  private(set) var count = 0

  init(most: Int) { self.most = most }

  /// Entries that take memory.
  var footprint: Int { failed.count + count + 2 * ranks.count }

  /// The item failed: nil if it is to be tried again, otherwise how many tries it had.
  mutating func fail(_ index: Int, on rank: Int) -> Int? {
    if most == 0 { return 1 }
    let tries = (failed[index]?.tries ?? 0) + 1
    if tries > most {
      failed[index] = nil
      return tries
    }
    failed[index] = Failure(tries: tries, rank: rank, waits: true)
    insert(index, after: rank)
    return nil
  }

  /// The item has a fate, unless it waits.
  mutating func settle(_ index: Int) {
    if !failed.isEmpty, failed[index]?.waits == false { failed[index] = nil }
  }

  /// A rank that was to try the item again hasn't begun it; false if it is none of these.
  mutating func wait(_ index: Int) -> Bool {
    guard !failed.isEmpty, let failure = failed[index], !failure.waits else { return false }
    failed[index]?.waits = true
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

  /// Whether there is one for this rank.
  ///
  /// - Parameters:
  ///   - isAlone: there is no other rank that could take those that failed on this one.
  ///   - late: items that the rank is still at: they can't be told from another try there.
  func hasOne(for rank: Int, isAlone: Bool, butNot late: [Int]) -> Bool {
    source(for: rank, isAlone: isAlone, butNot: late) != nil
  }

  /// The lowest of those that failed on the same other rank.
  mutating func takeOne(for rank: Int, isAlone: Bool, butNot late: [Int]) -> Int? {
    guard let source = source(for: rank, isAlone: isAlone, butNot: late),
      let index = waiting[source]?.takeLowest(butNot: late)
    else { return nil }
    failed[index]?.waits = false
    count -= 1
    removeIfEmpty(source)
    return index
  }

  private func source(for rank: Int, isAlone: Bool, butNot late: [Int]) -> Int? {
    ranks.first { source in
      guard isAlone || source != rank, let heap = waiting[source] else { return false }
      return late.isEmpty || heap.hasOne(butNot: late)
    }
  }

  /// Drops what isn't below the bound.
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
