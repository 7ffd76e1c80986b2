import SeppoEngine

extension Schedule {
  /// Creates a schedule from its seed alone.
  package init(seed: UInt64) {
    var random = SplitMix64(seed)
    let kind = random.below(1_000)
    let many = kind < 10
    let long = (10..<20).contains(kind)
    let longWithFailures = (20..<23).contains(kind)
    let itemTime = random.one(of: [100, 10_000, 1_000_000, 50_000_000, 1_000_000_000])
    var count = random.below(
      (many ? 600 : long ? 5_000 : longWithFailures ? 3_000 : random.one(of: [6, 40, 40, 300])) + 1)
    let blocks: Blocks? =
      kind >= 23 && random.percent(10) ? Blocks(of: 3 * count, atMost: random.one(in: 1...max(1, count))) : nil
    if let blocks { count = blocks.count }
    let ranks = many ? random.one(in: 60...140) : random.one(in: 1...12)
    self.init(
      seed: seed, count: count, ranks: [],
      itemTime: random.one(of: [.constant(itemTime), .uniform(itemTime), .heavyTailed(itemTime)]),
      delay: random.one(of: [1_000, 50_000, 1_000_000, 10_000_000, 100_000_000]))
    self.blocks = blocks
    jitter = random.one(of: [0, delay / 4, delay, 10 * delay])
    pollInterval = random.one(of: [0, 1_000, 100_000, 6_000_000])
    // A large map needs large chunks: otherwise each item takes a step.
    rule = long || random.percent(50) ? .automatic : .items(random.one(in: 1...30))
    if random.percent(10) { largest = random.one(in: 1...50) }
    if random.percent(25) { calibratedItemTime = random.one(of: [10, 1_000, 1_000_000, 1_000_000_000]) }
    retries = random.percent(50) ? 0 : random.one(in: 1...3)
    failsFast = random.percent(50)
    continuesAfterFailure = !failsFast && random.percent(50)
    let mostThreads = random.one(of: [1, 1, 2, 4])
    let areAlike = random.percent(40)
    for _ in 0..<ranks {
      var rank = Rank()
      rank.threads = random.one(in: 1...mostThreads)
      if !areAlike { rank.slowness = random.one(of: [50, 100, 100, 150, 400, 2_000]) }
      self.ranks.append(rank)
    }
    if random.percent(35) { addStragglers(&random) }
    if random.percent(50) { addTroubles(&random) }
    if longWithFailures {
      retries = 1
      behaviors = (0..<count).map { _ in random.percent(40) ? .throwsFirst(1) : .fine }
    } else if !long, random.percent(60) {
      addBehaviors(&random)
    }
    if random.percent(40) { addEarlierJob(&random) }
    if random.percent(5) { stops = random.below(span) }
    if random.percent(3) { refuses = random.below(span) }
    if random.percent(25) { waitsForAll = true }
    if random.percent(25) { repeats = true }
    if random.percent(10) { quarantineExempt = nil }
    if random.percent(20) { longestBatch = random.one(in: 1...10) }
    if random.percent(30) { addSupply(&random) }
    if failsFast, !long, !longWithFailures, random.percent(30) { addDecisions(&random) }
  }

  /// Lets the results of some items decide the map, as in a search.
  private mutating func addDecisions(_ random: inout SplitMix64) {
    guard count > 0 else { return }
    if behaviors.isEmpty { behaviors = Array(repeating: .fine, count: count) }
    for _ in 0..<random.one(of: [1, 1, 2, count]) {
      let item = random.below(count)
      if behaviors[item] == .fine { behaviors[item] = .decides }
    }
    // With retries, a chunk has failed items below one that decides.
    if retries > 0 { continuesAfterFailure = random.percent(50) }
  }

  /// Items known from an earlier job are there at the start.
  private mutating func addSupply(_ random: inout SplitMix64) {
    let known = max(done.last?.upperBound ?? 0, (quarantine + failedBefore).max().map { $0 + 1 } ?? 0)
    var supply = Supply(
      first: random.percent(50) ? known : random.one(in: known...count), most: random.one(of: [1, 1, 5, 100, count]),
      pause: random.one(of: [0, 1_000, delay, span / max(1, count), span / 4]))
    if random.percent(30) { supply.closes = random.below(random.one(of: [1, span, 2 * span])) }
    self.supply = supply
  }

  /// Makes ranks get far too many items, so that many are recalled.
  private mutating func addStragglers(_ random: inout SplitMix64) {
    if random.percent(50) { rule = .automatic }
    calibratedItemTime = 1 + random.below(100)
    for rank in ranks.indices {
      ranks[rank].slowness = random.one(of: [100, 100, 2_000])
      ranks[rank].threads = random.one(in: 1...4)
      if rank > 0, random.percent(25) { ranks[rank].joinsAt = random.below(2 * span) }
    }
  }

  /// The approximate time of the map, in nanoseconds.
  private var span: Int {
    var items = 0
    for index in 0..<count { items += time(index) }
    return items / ranks.count + 4 * (delay + jitter) + 1_000
  }

  private mutating func addTroubles(_ random: inout SplitMix64) {
    let span = self.span
    let (joinLate, stalls, dies) = (random.percent(50), random.percent(40), random.percent(50))
    for rank in ranks.indices {
      if joinLate, rank > 0, random.percent(50) { ranks[rank].joinsAt = random.below(span) }
      if stalls, random.percent(25) {
        var from = 0
        for _ in 0..<random.one(in: 1...3) {
          from += random.below(span)
          let until = from + 1 + random.below(random.one(of: [1_000_000, span, 10 * span]))
          ranks[rank].stalls.append(Stall(from: from, until: until))
          from = until
        }
      }
      if dies, rank > 0, random.percent(30) {
        ranks[rank].diesAt = random.below(2 * span)
        ranks[rank].noticedAfter = random.below(random.one(of: [1, 1_000_000, span, 4 * span]))
      }
    }
  }

  private mutating func addBehaviors(_ random: inout SplitMix64) {
    guard count > 0 else { return }
    if random.percent(50) {
      let usual: Int =
        switch itemTime {
        case .constant(let time), .uniform(let time): 2 * time
        case .heavyTailed(let time): random.one(of: [8, 2_048]) * time
        }
      timeout = usual * random.one(of: [1, 8, 30]) + 1_000
    }
    behaviors = Array(repeating: .fine, count: count)
    let failing = random.one(of: [0, 1, 2, 5, count / 4, count])
    for _ in 0..<failing { behaviors[random.below(count)] = behavior(&random) }
  }

  private mutating func addEarlierJob(_ random: inout SplitMix64) {
    var isOpen = Array(repeating: true, count: count)
    if random.percent(75) {
      // From a few large gaps to a gap every few items; sometimes no gaps.
      let (most, share) = (random.one(of: [1, 5, count]), random.one(of: [10, 50, 90, 100]))
      var index = 0
      while index < count {
        let end = min(index + random.one(in: 1...max(1, most)), count)
        if random.percent(share) {
          done.append(index..<end)
          for item in index..<end { isOpen[item] = false }
        }
        index = end
      }
    }
    func take(_ tries: Int) -> [Int] {
      var taken: [Int] = []
      for _ in 0..<tries where count > 0 {
        let item = random.below(count)
        if isOpen[item] { taken.append(item) }
        isOpen[item] = false
      }
      return taken
    }
    if random.percent(75) { quarantine = take(random.one(of: [1, 2, ranks.count, 2 * ranks.count, count])).sorted() }
    if random.percent(30) { failedBefore = take(random.one(of: [1, 1, 2, 5])) }
    guard !quarantine.isEmpty, random.percent(60) else { return }
    if behaviors.isEmpty { behaviors = Array(repeating: .fine, count: count) }
    for _ in 0..<random.one(in: 1...2) {
      behaviors[random.one(of: quarantine)] = .endsRank(first: random.one(in: 1...3))
    }
  }

  private func behavior(_ random: inout SplitMix64) -> ItemBehavior {
    switch random.below(timeout == nil ? 10 : 20) {
    case 0, 1: .throwsAlways
    case 2, 3: .throwsOn(remainder: random.below(2))
    case 4, 5, 6, 7: .throwsFirst(random.one(in: 1...3))
    case 8: .cannotBeSent
    case 9: random.percent(50) ? .resultCannotBeSent : .resultCannotBeRead
    case 10, 11, 12: .neverReturns(on: random.below(ranks.count))
    case 13: random.percent(30) ? .neverReturns(on: nil) : .isOverdueFirst(1)
    default: .isOverdueFirst(random.one(in: 1...3))
    }
  }
}
