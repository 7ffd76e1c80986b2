import SeppoScheduling

/// Numbers that are the same for a seed (SplitMix64, Steele, Lea and Flood 2014).
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What went against the books.
struct Violation: Error, CustomStringConvertible {
  let description: String
}

/// Ranks that take chunks and give them back in any order, all decided by a seed.
struct SimulatedCluster {
  var random: Seeded
  var scheduler: MapScheduler
  let count: Int
  let ranks: Int
  let rule: ChunkRule
  /// Items that throw.
  let throwing: Set<Int>
  let threads: [Int]
  /// Nanoseconds an item, by rank.
  let itemTimes: [Int]

  private(set) var joined: Set<Int> = []
  private(set) var gone: Set<Int> = []
  /// Chunks in hand, by rank.
  private(set) var held: [Int: [Range<Int>]] = [:]
  private(set) var done: Set<Int> = []
  private(set) var decided: Int?
  private(set) var messages = 0
  /// Ranks that have been asked to give back, and have not answered.
  private var asked: Set<Int> = []
  private(set) var callBacks = 0
  private(set) var givenBack = 0

  init(seed: UInt64, mayLoseRanks: Bool = false) {
    var random = Seeded(seed)
    ranks = Int.random(in: 1...12, using: &random)
    count = Int.random(in: 0...[5, 40, 400].randomElement(using: &random)!, using: &random)
    rule = Bool.random(using: &random) ? .automatic : .items(Int.random(in: 1...30, using: &random))
    threads = (0..<ranks).map { _ in Int.random(in: 1...4, using: &random) }
    itemTimes = (0..<ranks).map { _ in [100, 10_000, 1_000_000, 50_000_000].randomElement(using: &random)! }
    var throwing: Set<Int> = []
    if count > 0, Int.random(in: 0..<3, using: &random) == 0 {
      for _ in 0..<Int.random(in: 1...4, using: &random) { throwing.insert(Int.random(in: 0..<count, using: &random)) }
    }
    self.throwing = throwing
    losesRanks = mayLoseRanks
    scheduler = MapScheduler(count: count, ranks: ranks, rule: rule)
    self.random = random
  }

  private let losesRanks: Bool

  /// Runs until the scheduler says that the map is done.
  mutating func run() throws {
    join(0)
    var steps = 0
    while true {
      scheduler.advance(to: now)
      while true {
        while let assignment = scheduler.nextAssignment() { try take(assignment) }
        guard let rank = scheduler.nextCallBack() else { break }
        try ask(rank)
      }
      try checkBooks()
      if scheduler.isFinished { break }
      steps += 1
      guard steps < 100_000 else { throw Violation(description: "it doesn't end") }
      try step()
    }
    try checkEnd()
  }

  private var now = 0

  private mutating func ask(_ rank: Int) throws {
    guard asked.insert(rank).inserted else { throw Violation(description: "rank \(rank) is asked twice") }
    guard joined.contains(rank), !gone.contains(rank) else { throw Violation(description: "rank \(rank) isn't there") }
    callBacks += 1
  }

  /// The rank gives back some ends of its chunks, in whole units, or nothing.
  private mutating func answer(_ rank: Int) {
    asked.remove(rank)
    var ranges: [Range<Int>] = []
    var kept: [Range<Int>] = []
    let unit = if case .items(let size) = rule { size } else { 1 }
    for (position, chunk) in held[rank, default: []].enumerated() {
      let units = (chunk.count + unit - 1) / unit
      // What a thread has begun it keeps.
      let least = position < threads[rank] ? 1 : 0
      let cut = min(
        chunk.lowerBound + Int.random(in: min(least, units)...units, using: &random) * unit, chunk.upperBound)
      if cut < chunk.upperBound { ranges.append(cut..<chunk.upperBound) }
      if cut > chunk.lowerBound { kept.append(chunk.lowerBound..<cut) }
    }
    held[rank] = kept
    givenBack += ranges.count
    scheduler.gaveBack(rank: rank, ranges: ranges.shuffled(using: &random))
  }

  private mutating func join(_ rank: Int) {
    joined.insert(rank)
    scheduler.joined(rank: rank, threads: threads[rank])
  }

  private mutating func take(_ assignment: MapScheduler.Assignment) throws {
    messages += 1
    guard joined.contains(assignment.rank), !gone.contains(assignment.rank) else {
      throw Violation(description: "\(assignment) goes to a rank that isn't there")
    }
    guard !assignment.chunk.isEmpty, assignment.chunk.upperBound <= count else {
      throw Violation(description: "\(assignment) isn't a chunk of 0..<\(count)")
    }
    if let decided, assignment.chunk.upperBound > decided {
      throw Violation(description: "\(assignment) begins items above \(decided), which threw")
    }
    if case .items(let size) = rule, throwing.isEmpty, assignment.chunk.lowerBound % size != 0 {
      throw Violation(description: "\(assignment) doesn't begin where \(size) do")
    }
    for index in assignment.chunk {
      if done.contains(index) { throw Violation(description: "item \(index) is computed again") }
      if held.values.contains(where: { $0.contains { $0.contains(index) } }) {
        throw Violation(description: "item \(index) is held twice")
      }
    }
    held[assignment.rank, default: []].append(assignment.chunk)
    if held[assignment.rank]!.count > 2 * threads[assignment.rank] {
      throw Violation(description: "rank \(assignment.rank) holds more than two chunks a thread")
    }
  }

  private mutating func step() throws {
    now += Int.random(in: 0...[1_000, 1_000_000, 100_000_000].randomElement(using: &random)!, using: &random)
    if let rank = asked.sorted().randomElement(using: &random), Bool.random(using: &random) { return answer(rank) }
    let absent = (0..<ranks).filter { !joined.contains($0) && !gone.contains($0) }
    if let rank = absent.randomElement(using: &random), Int.random(in: 0..<3, using: &random) == 0 {
      return join(rank)
    }
    let lost = joined.subtracting(gone).subtracting([0]).sorted()
    if losesRanks, let rank = lost.randomElement(using: &random), Int.random(in: 0..<10, using: &random) == 0 {
      gone.insert(rank)
      held[rank] = nil
      asked.remove(rank)
      return scheduler.gone(rank: rank)
    }
    let busy = held.filter { !$0.value.isEmpty }.keys.sorted()
    guard let rank = busy.randomElement(using: &random) else {
      if let rank = asked.sorted().randomElement(using: &random) { return answer(rank) }
      guard let rank = absent.randomElement(using: &random) else {
        throw Violation(description: "nobody holds anything, and nothing is handed out")
      }
      return join(rank)
    }
    let position = Int.random(in: 0..<min(threads[rank], held[rank]!.count), using: &random)
    try giveBack(held[rank]!.remove(at: position), by: rank)
  }

  private mutating func giveBack(_ chunk: Range<Int>, by rank: Int) throws {
    let bound = min(scheduler.bound, chunk.upperBound)
    // A rank may be told late, and have computed on; or have been stopped before.
    let stops = Bool.random(using: &random) ? chunk.upperBound : max(chunk.lowerBound, bound)
    if let index = (chunk.lowerBound..<stops).first(where: { throwing.contains($0) }) {
      done.formUnion(chunk.lowerBound..<index)
      decided = min(decided ?? index, index)
      _ = scheduler.threw(rank: rank, index: index)
      return scheduler.returned(rank: rank, chunk: chunk, completed: index + 1 - chunk.lowerBound)
    }
    done.formUnion(chunk.lowerBound..<stops)
    let completed = stops - chunk.lowerBound
    scheduler.returned(rank: rank, chunk: chunk, completed: completed, nanoseconds: completed * itemTimes[rank])
  }

  private func checkBooks() throws {
    for rank in 0..<ranks where scheduler.held(by: rank) != held[rank, default: []] {
      throw Violation(
        description: "the books say that rank \(rank) holds \(scheduler.held(by: rank)): \(held[rank] ?? [])")
    }
    guard scheduler.bound == decided ?? count else {
      throw Violation(description: "bound \(scheduler.bound), decided \(decided ?? count)")
    }
  }

  private func checkEnd() throws {
    guard held.values.allSatisfy(\.isEmpty) else { throw Violation(description: "it ended while chunks were out") }
    if let lowest = throwing.min() {
      guard decided == lowest else { throw Violation(description: "\(decided ?? -1) decided, not \(lowest)") }
      guard done.isSuperset(of: 0..<lowest) else { throw Violation(description: "an item below \(lowest) is missing") }
    } else {
      guard done == Set(0..<count) else { throw Violation(description: "\(count - done.count) items are missing") }
    }
  }
}
