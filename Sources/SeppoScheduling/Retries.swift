/// Items that failed and are to be tried again, on another rank than the one that failed last where there is one.
struct Retries: Sendable {
  /// So many times more is an item tried.
  let most: Int
  /// Tries that failed, by item; only of items whose fate is open.
  private var failed: [Int: Int] = [:]
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
    let tries = failed[index, default: 0] + 1
    if tries > most {
      failed[index] = nil
      return tries
    }
    failed[index] = tries
    insert(index, after: rank)
    return nil
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
  /// - Parameter isAlone: there is no other rank that could take those that failed on this one.
  func hasOne(for rank: Int, isAlone: Bool) -> Bool { source(for: rank, isAlone: isAlone) != nil }

  /// The lowest of those that failed on the same other rank.
  mutating func takeOne(for rank: Int, isAlone: Bool) -> Int? {
    guard let source = source(for: rank, isAlone: isAlone), let taken = waiting[source]?.takeLowest(1) else {
      return nil
    }
    count -= 1
    removeIfEmpty(source)
    return taken.lowerBound
  }

  private func source(for rank: Int, isAlone: Bool) -> Int? {
    if isAlone { return ranks.first }
    return ranks.first { $0 != rank }
  }

  /// Drops what isn't below the bound.
  mutating func limit(to bound: Int) {
    for rank in ranks {
      waiting[rank]?.limit(to: bound)
      removeIfEmpty(rank)
    }
    count = ranks.reduce(0) { $0 + (waiting[$1]?.total ?? 0) }
  }

  private mutating func removeIfEmpty(_ rank: Int) {
    guard waiting[rank]?.isEmpty == true else { return }
    waiting[rank] = nil
    ranks.removeAll { $0 == rank }
  }
}
