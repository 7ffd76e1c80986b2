import SeppoEngine

/// All parameters of a simulated map.
package struct Schedule: Sendable {
  /// The distribution of the time per item, in nanoseconds.
  package enum ItemTime: Sendable, Equatable {
    case constant(Int)
    /// Uniform between 0 and twice this time.
    case uniform(Int)
    /// Half of the items take this time, a quarter twice as long, an eighth four times, and so on, up to 1,024 times.
    case heavyTailed(Int)
  }

  package struct Stall: Sendable, Equatable {
    let from: Int
    let until: Int
  }

  package struct Rank: Sendable {
    package var threads = 1
    /// The time of its items, in percent of the usual time.
    package var slowness = 100
    /// When it joins, in nanoseconds.
    package var joinsAt = 0
    package var stalls: [Stall] = []
    package var diesAt: Int?
    /// The time after its death at which rank 0 learns of it, in nanoseconds. Messages that arrive later are lost.
    package var noticedAfter = 0

    package init() {}
  }

  /// Items that are added while the map runs.
  package struct Supply: Sendable, Equatable {
    /// The number of items at the start.
    var first = 0
    /// The maximum number of items added at once.
    var most = 1
    /// The maximum time between two additions, and from the last one to the closing, in nanoseconds.
    var pause = 0
    /// When no more items are added, even if some are missing, in nanoseconds.
    var closes: Int?
  }

  package var seed: UInt64
  package var count: Int
  package var ranks: [Rank]
  package var rule: ChunkRule = .automatic
  package var largest = 1 << 30
  package var retries = 0
  package var failsFast = true
  /// Whether a chunk continues after a failed item.
  package var continuesAfterFailure = false
  package var timeout: Int?
  /// Nil if all items are there at the start.
  package var supply: Supply?
  /// The blocks that the map counts as items.
  package var blocks: Blocks?
  /// The maximum number of items in a batch.
  package var longestBatch = Int.max
  /// The worker that is never assigned a quarantined item.
  package var quarantineExempt: Int? = 0
  /// Whether workers wait for all others at the start, with a timeout.
  package var waitsForAll = false
  /// Whether some items are computed again by a second worker.
  package var repeats = false
  package var itemTime: ItemTime
  /// By item; empty if no item fails.
  package var behaviors: [ItemBehavior] = []
  /// The state left by an earlier job: items that are done, quarantined items, and permanently failed ones.
  package var done: [Range<Int>] = []
  package var quarantine: [Int] = []
  package var failedBefore: [Int] = []
  /// When the map is stopped early, in nanoseconds.
  package var stops: Int?
  /// When the map turns out to be invalid, in nanoseconds.
  package var refuses: Int?
  /// The minimum time of a message and the maximum additional time, in nanoseconds.
  package var delay: Int
  package var jitter = 0
  /// The maximum time between polls for messages and finished chunks, in nanoseconds.
  package var pollInterval = 0
  /// The time per item according to an earlier map, in nanoseconds.
  package var calibratedItemTime: Int?

  package init(seed: UInt64 = 0, count: Int, ranks: [Rank], itemTime: ItemTime, delay: Int) {
    self.seed = seed
    self.count = count
    self.ranks = ranks
    self.itemTime = itemTime
    self.delay = delay
  }

  package func behavior(_ index: Int) -> ItemBehavior { behaviors.isEmpty ? .fine : behaviors[index] }

  /// Returns the item's time on a rank of usual speed, in nanoseconds.
  package func time(_ index: Int) -> Int {
    guard let blocks else { return timeOfItem(index) }
    return blocks.items(of: index..<(index + 1)).reduce(0) { $0 + timeOfItem($1) }
  }

  private func timeOfItem(_ index: Int) -> Int {
    switch itemTime {
    case .constant(let time): return time
    case .uniform(let time): return Int(bits(index) % UInt64(2 * time + 1))
    case .heavyTailed(let time): return time << min(bits(index).trailingZeroBitCount, 10)
    }
  }

  private func bits(_ index: Int) -> UInt64 {
    SplitMix64.mix(seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03)
  }

  package func time(_ index: Int, on rank: Int) -> Int { time(index) / 100 * ranks[rank].slowness + 1 }

  /// The number of items that stay together on a rank; 1 if items have a time limit.
  var unitOnRanks: Int { timeout == nil ? rule.unit : 1 }

  /// The number of items at the start.
  var countAtStart: Int { supply?.first ?? count }

  func isStopped(at now: Int) -> Bool { stops.map { $0 <= now } ?? false }

  /// By item.
  var isDone: [Bool] {
    var isDone = Array(repeating: false, count: count)
    for range in done { for item in range { isDone[item] = true } }
    return isDone
  }

  /// Whether there was an earlier job.
  var isResumed: Bool { !(done.isEmpty && quarantine.isEmpty && failedBefore.isEmpty) }

  /// Whether no message or poll ever takes long.
  var isCalm: Bool {
    2 * (delay + jitter) + 4 * pollInterval < 8_000_000 && ranks.allSatisfy { $0.stalls.isEmpty }
  }

  /// Returns whether an item that doesn't misbehave may exceed its time limit.
  func mayBeOverdue(_ index: Int) -> Bool {
    guard let timeout else { return false }
    return ranks.indices.contains { !ranks[$0].stalls.isEmpty || time(index, on: $0) >= timeout }
  }

  /// An upper bound of the map's time, in nanoseconds.
  var longest: Int {
    var (slowest, stalled, items) = (100.0, 0.0, 0.0)
    for rank in ranks {
      slowest = max(slowest, Double(rank.slowness))
      for stall in rank.stalls { stalled += Double(stall.until - stall.from) }
      stalled += Double(rank.noticedAfter + rank.joinsAt)
    }
    for index in 0..<count { items += Double(time(index)) / 100 * slowest + 4 * Double(timeout ?? 0) + 1 }
    // The worst case: each item uses all tries and is computed again for each rank that dies, with no messages in
    // parallel.
    let tries = Double(retries + 1 + ranks.count)
    let messages = (Double(count) * tries + 1_000) * 8 * Double(delay + jitter + pollInterval + 1_000)
    let supplied = Double(supply?.pause ?? 0) * Double(count + 2) + Double(supply?.closes ?? 0)
    let waits = Double(StartBarrier.timeout + (stops ?? 0) + (refuses ?? 0) + 4 * (timeout ?? 0)) + 2e9
    return Int(min(items * tries + stalled + supplied + waits + messages, 4e18))
  }
}

extension Schedule: CustomStringConvertible {
  package var description: String {
    var lines = [
      "seed \(seed): \(count) items, \(ranks.count) ranks, \(rule), items take \(itemTime) ns",
      "messages take \(delay) ns and up to \(jitter) ns more, the poll interval is up to \(pollInterval) ns",
      "\(retries) retries, failures \(failsFast ? "end the map" : "are kept")\(continuesAfterFailure ? ", chunks continue after them" : ""), "
        + "timeout \(timeout.map { "\($0) ns" } ?? "none"), "
        + "calibrated: \(calibratedItemTime.map { "\($0) ns per item" } ?? "no"), chunks of up to \(largest)",
    ]
    for (rank, itself) in ranks.enumerated() {
      var line =
        "rank \(rank): \(itself.threads) threads, \(itself.slowness) % of the usual time, joins at \(itself.joinsAt)"
      for stall in itself.stalls { line += ", stalls \(stall.from)..<\(stall.until)" }
      if let diesAt = itself.diesAt { line += ", dies at \(diesAt), noticed \(itself.noticedAfter) later" }
      lines.append(line)
    }
    if isResumed { lines.append("done before: \(done), quarantined: \(quarantine), failed before: \(failedBefore)") }
    if let stops { lines.append("stopped at \(stops)") }
    if let refuses { lines.append("refused at \(refuses)") }
    if let supply { lines.append("\(supply)") }
    if let blocks { lines.append("\(blocks)") }
    lines.append(
      "waits for all: \(waitsForAll), repeats: \(repeats), exempt from quarantine: \(quarantineExempt.map(String.init) ?? "none")"
    )
    for (index, behavior) in behaviors.enumerated() where behavior != .fine {
      lines.append("item \(index): \(behavior)")
    }
    return lines.joined(separator: "\n")
  }
}
