extension CallTally {
  /// One sentence about what would make the call faster, if something clearly would.
  package var advice: String? {
    let time = time
    guard time.whole > 0, items > 0 else { return nil }
    func isAtLeast(_ part: Double, _ nanoseconds: Int) -> Bool { Double(nanoseconds) >= part * Double(time.whole) }
    let active = ranks.filter { $0.threads > 0 }
    if isAtLeast(0.8, time.computing) { return crowding(time) }
    if let slow = slowRank {
      return """
        Rank \(slow.rank) (\(ranks[slow.rank].host)) needs \(slow.factor) times as long for an item as the other ranks: see \
        whether other programs use its cores.
        """
    }
    if let longest, longest.batch.items.count == 1, items > 1, threads > 1, longest.batch.nanoseconds > (busy + 1) / 2 {
      return """
        Item \(Quantity.count(longest.batch.items.lowerBound)) took \(Quantity.duration(longest.batch.nanoseconds)), longer than \
        all others together: no number of ranks makes the call shorter than that. \
        Divide it into several items, or at least put it first.
        """
    }
    if threads > 1, items / calls < 2 * threads, isAtLeast(0.2, time.end) {
      return """
        \(Quantity.count(items / calls, "item")) for \(Quantity.count(threads, "compute thread")) leave some of them without \
        work: use fewer ranks, or smaller items.
        """
    }
    if let last, let batch = last.batch, batch.items.count == 1, isAtLeast(0.2, time.end),
      2 * batch.nanoseconds > elapsed / calls
    {
      return """
        Item \(Quantity.count(batch.items.lowerBound)) took \(Quantity.duration(batch.nanoseconds)), and the other ranks waited for it \
        at the end: put long items first, or divide them.
        """
    }
    if call.isShared, active.count > 1, isAtLeast(0.2, time.sharing) {
      return """
        The results went to every rank, which took \(Quantity.share(time.sharing, of: time.whole)) of the time: if only rank 0 \
        needs them, use .atRoot.
        """
    }
    if isAtLeast(0.2, time.encoding) {
      return """
        Encoding the results took \(Quantity.share(time.encoding, of: time.whole)) of the time: return less, or, for a struct of \
        numbers, write extension Name: PlainMemory {}.
        """
    }
    if durations.mean < 1_000, active.count > 1 {
      return """
        An item takes only \(Quantity.duration(durations.mean)): its way to another rank takes as long. Put more work into an \
        item, or use map.
        """
    }
    if elapsed / calls < 1_000_000, active.count > 1 {
      return """
        A call takes only \(Quantity.duration(elapsed / calls)), of which most is its start and end: map more items at a time.
        """
    }
    return crowding(time)
  }

  /// What to do if ranks take turns on their cores. Items that wait for something else need no core.
  private func crowding(_ time: Time) -> String? {
    guard let (count, ranks) = cores, ranks > count, count > 0, 2 * time.computing >= time.whole,
      let processorTime, 4 * processorTime >= self.ranks[0].busy
    else { return nil }
    return """
      The \(ranks) ranks of \(self.ranks[0].host) share \(Quantity.count(count, "core")): start one rank a core, or, if \
      mpirun has bound them, with mpirun --bind-to none.
      """
  }

  /// A rank that needs at least ten times as long for an item as the median of the others.
  private var slowRank: (rank: Int, factor: Int)? {
    let means = ranks.enumerated().filter { $0.element.items > 0 }.map {
      (rank: $0.offset, mean: $0.element.busy / $0.element.items)
    }
    guard means.count > 1, let slowest = means.max(by: { $0.mean < $1.mean }) else { return nil }
    let others = means.filter { $0.rank != slowest.rank }.map(\.mean).sorted()
    let median = max(1, others[others.count / 2])
    // One long item doesn't make its rank slow.
    guard ranks[slowest.rank].items >= 5, ranks[slowest.rank].busy >= 100_000_000, slowest.mean >= 10 * median else {
      return nil
    }
    return (slowest.rank, slowest.mean / median)
  }
}
