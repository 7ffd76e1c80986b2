import SeppoEngine

/// All that a simulated map is made of.
package struct Schedule: Sendable {
  /// What an item takes, in nanoseconds.
  package enum ItemTime: Sendable, Equatable {
    case constant(Int)
    /// From none up to twice that.
    case uniform(Int)
    /// Half of them this, a quarter twice that, an eighth four times, and so on, up to 1,024 times.
    case heavyTailed(Int)
  }

  package struct Stall: Sendable, Equatable {
    let from: Int
    let until: Int
  }

  package struct Rank: Sendable {
    package var threads = 1
    /// Its items take so many percent of the time.
    package var slowness = 100
    /// When it comes to the map.
    package var comes = 0
    package var stalls: [Stall] = []
    package var vanishes: Int?
    /// Nanoseconds after which rank 0 hears that it has vanished; messages that take longer are lost.
    package var noticed = 0

    package init() {}
  }

  /// Items that come while the map runs.
  package struct Supply: Sendable, Equatable {
    /// Items that are there at the start.
    var first = 0
    /// Items that come at once, at the most.
    var most = 1
    /// Nanoseconds between two portions, at the most; and between the last one and the word that it was.
    var pause = 0
    /// When it is closed, also where not all have come.
    var closes: Int?
  }

  package var seed: UInt64
  package var count: Int
  package var ranks: [Rank]
  package var rule: ChunkRule = .automatic
  package var largest = 1 << 30
  package var retries = 0
  package var failuresDecide = true
  /// Whether a chunk goes on after an item that failed.
  package var goesOn = false
  package var timeout: Int?
  /// Nil where all items are there at the start.
  package var supply: Supply?
  /// What the map counts are blocks of these.
  package var blocks: Blocks?
  /// No batch has more items.
  package var longestBatch = Int.max
  /// The worker that gets no suspect.
  package var unwitnessed: Int? = 0
  /// Whether no worker gets items before all are here, for a while.
  package var waitsForAll = false
  /// Whether a few items are computed by two workers, in the end.
  package var repeats = false
  package var itemTime: ItemTime
  /// By item; empty where all are fine.
  package var results: [Fate] = []
  /// What an earlier job has left: items that are done, those that may have ended it, and those that failed for good.
  package var done: [Range<Int>] = []
  package var alone: [Int] = []
  package var failedBefore: [Int] = []
  /// When the map ends early.
  package var stops: Int?
  /// When it is found that it can't be right.
  package var refuses: Int?
  /// A message takes the first, and up to the second longer.
  package var delay: Int
  package var jitter = 0
  /// A thread in a call looks for messages and for what is computed after up to so long.
  package var looks = 0
  /// What earlier items were said to take.
  package var learnt: Int?

  package init(seed: UInt64 = 0, count: Int, ranks: [Rank], itemTime: ItemTime, delay: Int) {
    self.seed = seed
    self.count = count
    self.ranks = ranks
    self.itemTime = itemTime
    self.delay = delay
  }

  package func fate(_ index: Int) -> Fate { results.isEmpty ? .fine : results[index] }

  /// Nanoseconds that the item takes on a rank as it should be.
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
    Seeded.mix(seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03)
  }

  package func time(_ index: Int, on rank: Int) -> Int { time(index) / 100 * ranks[rank].slowness + 1 }

  /// So many items stay together on a rank: where they have a time each, they are begun one by one.
  var unitOnRanks: Int { timeout == nil ? rule.unit : 1 }

  /// Items that are there at the start.
  var countAtStart: Int { supply?.first ?? count }

  func isStopped(at now: Int) -> Bool { stops.map { $0 <= now } ?? false }

  /// By item.
  var isDone: [Bool] {
    var isDone = Array(repeating: false, count: count)
    for range in done { for item in range { isDone[item] = true } }
    return isDone
  }

  /// Whether there was an earlier job.
  var isResumed: Bool { !(done.isEmpty && alone.isEmpty && failedBefore.isEmpty) }

  /// Whether nothing ever takes long to get through.
  var isCalm: Bool {
    2 * (delay + jitter) + 4 * looks < 8_000_000 && ranks.allSatisfy { $0.stalls.isEmpty }
  }

  /// Whether an item that is fine may pass its time.
  func mayBeOverdue(_ index: Int) -> Bool {
    guard let timeout else { return false }
    return ranks.indices.contains { !ranks[$0].stalls.isEmpty || time(index, on: $0) >= timeout }
  }

  /// Nanoseconds in which the map has ended, whatever happens.
  var longest: Int {
    var (slowest, stalled, items) = (100.0, 0.0, 0.0)
    for rank in ranks {
      slowest = max(slowest, Double(rank.slowness))
      for stall in rank.stalls { stalled += Double(stall.until - stall.from) }
      stalled += Double(rank.noticed + rank.comes)
    }
    for index in 0..<count { items += Double(time(index)) / 100 * slowest + 4 * Double(timeout ?? 0) + 1 }
    // Each item tried on every try and computed again for each rank that vanishes, with every message alone on its way.
    let tries = Double(retries + 1 + ranks.count)
    let messages = (Double(count) * tries + 1_000) * 8 * Double(delay + jitter + looks + 1_000)
    let supplied = Double(supply?.pause ?? 0) * Double(count + 2) + Double(supply?.closes ?? 0)
    let waits = Double(JointStart.longest + (stops ?? 0) + (refuses ?? 0) + 4 * (timeout ?? 0)) + 2e9
    return Int(min(items * tries + stalled + supplied + waits + messages, 4e18))
  }
}

extension Schedule: CustomStringConvertible {
  package var description: String {
    var lines = [
      "seed \(seed): \(count) items, \(ranks.count) ranks, \(rule), items take \(itemTime) ns",
      "messages take \(delay) ns and up to \(jitter) more, a look comes after up to \(looks) ns",
      "\(retries) retries, failures \(failuresDecide ? "decide" : "are kept")\(goesOn ? ", chunks go on after them" : ""), "
        + "timeout \(timeout.map { "\($0) ns" } ?? "none"), "
        + "learnt \(learnt.map { "\($0) ns an item" } ?? "nothing"), chunks of up to \(largest)",
    ]
    for (rank, itself) in ranks.enumerated() {
      var line = "rank \(rank): \(itself.threads) threads, \(itself.slowness) % of the time, comes at \(itself.comes)"
      for stall in itself.stalls { line += ", stalls \(stall.from)..<\(stall.until)" }
      if let vanishes = itself.vanishes { line += ", vanishes at \(vanishes), noticed \(itself.noticed) later" }
      lines.append(line)
    }
    if isResumed { lines.append("done before: \(done), alone: \(alone), failed before: \(failedBefore)") }
    if let stops { lines.append("stops at \(stops)") }
    if let refuses { lines.append("is refused at \(refuses)") }
    if let supply { lines.append("\(supply)") }
    if let blocks { lines.append("\(blocks)") }
    lines.append(
      "waits for all: \(waitsForAll), repeats: \(repeats), no suspect for: \(unwitnessed.map(String.init) ?? "nobody")")
    for (index, fate) in results.enumerated() where fate != .fine { lines.append("item \(index): \(fate)") }
    return lines.joined(separator: "\n")
  }
}
