import SeppoEngine

/// What must be true of each item and of each rank, as the root knows it: kept beside the coordinator, not asked of it.
final class Books {
  enum State: UInt8 {
    case unstarted
    /// To be given by itself.
    case waitsAlone
    /// It failed, and is to be tried again.
    case toBeTriedAgain
    case held
    case done
    /// For good; or given up when its rank said that it failed.
    case failed
  }

  let schedule: Schedule
  var state: [State]
  private(set) var holder: [Int]
  private(set) var failures: FailureBook
  private(set) var ranks: [BookedRank]
  private(set) var changed: [Int] = []
  /// Items that there are by now.
  private(set) var count: Int
  private(set) var isClosed: Bool
  /// Nothing at or above this is given any more.
  private var limit = Int.max
  var bound: Int { min(limit, count) }
  /// Below the bound.
  private(set) var unstarted: Int
  /// Items that wait to be given alone, below the bound.
  private(set) var quarantine: Set<Int>
  /// Nothing is given any more.
  private(set) var isStopped = false
  private(set) var isRefused = false
  /// No item below this is not begun.
  private var lowest = 0
  /// Whose fate is known: computed, or failed for good.
  private(set) var done = 0
  private(set) var heldChunks = 0
  private(set) var overdueChunks = 0
  private(set) var mostChunks = 0
  private(set) var failed: [Int] = []
  /// Items that have passed their time and have not come back.
  private(set) var overdue: [(item: Int, rank: Int, since: Int)] = []
  /// How often the result of each item was taken.
  private(set) var taken: [Int]
  var consequences: Consequences
  private(set) var repetitions: RepetitionBook
  /// Whether the item has a result, or has failed for good.
  private var isSettled: [Bool]
  /// No item below this isn't.
  private(set) var settledThrough = 0

  init(_ schedule: Schedule) {
    self.schedule = schedule
    let count = schedule.count
    taken = Array(repeating: 0, count: count)
    consequences = Consequences(workers: schedule.ranks.count)
    repetitions = RepetitionBook(count: count)
    isSettled = Array(repeating: false, count: count)
    self.count = schedule.countAtStart
    isClosed = schedule.supply == nil
    state = Array(repeating: .unstarted, count: count)
    holder = Array(repeating: -1, count: count)
    failures = FailureBook(count: count, ranks: schedule.ranks.count)
    ranks = Array(repeating: BookedRank(), count: schedule.ranks.count)
    quarantine = Set(schedule.alone)
    for item in schedule.done.joined() { state[item] = .done }
    for item in quarantine { state[item] = .waitsAlone }
    for item in schedule.failedBefore { state[item] = .failed }
    failed = schedule.failedBefore
    let decided = schedule.done.reduce(0) { $0 + $1.count } + failed.count
    unstarted = schedule.countAtStart - decided - quarantine.count
    done = decided
    for item in state.indices where state[item] == .done || state[item] == .failed { isSettled[item] = true }
    settle()
    if schedule.failuresDecide, let lowest = failed.min() { lower(to: lowest) }
  }

  /// Compute threads, and one for each rank that may still come.
  var threads: Int {
    var threads = 0
    for rank in ranks where !rank.isGone { threads += rank.isThere ? rank.threads : 1 }
    return max(1, threads)
  }

  var isFinished: Bool {
    heldChunks == 0 && unstarted == 0 && failures.waiting.isEmpty && quarantine.isEmpty && (isClosed || limit < .max)
  }

  var areAllHere: Bool { ranks.allSatisfy { $0.isThere || $0.waits || $0.isGone } }

  var isStuck: Bool {
    heldChunks > 0 && heldChunks == overdueChunks
      && (isClosed || limit < .max || unstarted > 0 || !failures.waiting.isEmpty || !quarantine.isEmpty)
  }

  /// The item because of which the call ends now; and since when it is computed.
  func stuckItem(at now: Int) -> (item: Int, rank: Int, since: Int)? {
    guard repetitions.hasBegun ? !repetitions.underWay.isEmpty : isStuck && areAllHere else { return nil }
    guard let timeout = schedule.timeout, overdue.allSatisfy({ now - $0.since >= 2 * timeout }) else { return nil }
    return overdue.min { $0.item < $1.item }
  }

  /// Quarantine are left, and nobody who may be given one.
  var isStranded: Bool {
    guard let unwitnessed = schedule.unwitnessed, ranks.count > 1 else { return false }
    return heldChunks == 0 && unstarted == 0 && failures.waiting.isEmpty && !quarantine.isEmpty
      && ranks.indices.allSatisfy { $0 == unwitnessed || ranks[$0].isGone }
  }

  // MARK: Coming and going

  func joined(_ rank: Int, threads: Int, at now: Int) {
    ranks[rank].threads = threads
    ranks[rank].waits = true
    advance(to: now)
  }

  /// Ranks that need not wait any more get items from now on.
  func advance(to now: Int) {
    if schedule.waitsForAll, !areAllHere, now < JointStart.longest { return }
    for rank in ranks.indices where ranks[rank].waits {
      ranks[rank].waits = false
      ranks[rank].isThere = true
    }
  }

  func supplied(_ more: Int) {
    let before = bound
    count += more
    unstarted += bound - before
    settle()
  }

  func closed() { isClosed = true }

  func stopped() {
    isStopped = true
    consequences.expect(limit: 0)
  }

  func refused() {
    isRefused = true
    lower(to: 0)
    consequences.expect(limit: 0)
  }

  func takeChanged() -> [Int] {
    defer { changed.removeAll(keepingCapacity: true) }
    for rank in changed { ranks[rank].hasChanged = false }
    return changed
  }

  private func touch(_ rank: Int) {
    if ranks[rank].hasChanged { return }
    ranks[rank].hasChanged = true
    changed.append(rank)
  }

  func asked(_ rank: Int) throws {
    guard !repetitions.hasBegun else { throw Violation("rank \(rank) is asked to give back repetitions") }
    guard ranks[rank].isThere else { throw Violation("rank \(rank) is asked to give back, and isn't there") }
    guard !ranks[rank].isAsked else { throw Violation("rank \(rank) is asked twice to give back") }
    guard unstarted == 0 else { throw Violation("rank \(rank) is asked to give back while there is something to give") }
    guard !isStopped else { throw Violation("rank \(rank) is asked to give back, and the map has been stopped") }
    guard ranks.contains(where: { $0.idleThreads > 0 }) else {
      throw Violation("rank \(rank) is asked to give back, for nobody")
    }
    ranks[rank].isAsked = true
  }

  func answered(_ rank: Int) { ranks[rank].isAsked = false }

  // MARK: Giving

  func gave(_ chunk: Range<Int>, to rank: Int) throws {
    guard ranks[rank].isThere else { throw Violation("\(chunk) goes to rank \(rank), which isn't there") }
    guard !chunk.isEmpty, chunk.lowerBound >= 0, chunk.upperBound <= bound else {
      throw Violation("\(chunk) goes to rank \(rank), and isn't a chunk of 0..<\(bound)")
    }
    guard !isStopped else { throw Violation("\(chunk) goes to rank \(rank), and the map has been stopped") }
    guard !ranks[rank].holdsQuarantined else { throw Violation("\(chunk) goes to rank \(rank), which holds a suspect") }
    try checkStock(of: rank)
    let isQuarantined = state[chunk.lowerBound] == .waitsAlone
    if isQuarantined {
      try checkSuspect(chunk, on: rank)
    } else if mayHaveSuspect(rank) {
      throw Violation("\(chunk) goes to rank \(rank), which holds nothing, before the suspects \(quarantine)")
    } else if state[chunk.lowerBound] == .toBeTriedAgain {
      guard ranks[rank].idleThreads > 0 || unstarted > 0 else {
        throw Violation("\(chunk), one of the last, is tried again on rank \(rank), and waits there")
      }
      try checkTriedAgain(chunk, on: rank)
    } else {
      while lowest < chunk.lowerBound {
        if state[lowest] == .unstarted { throw Violation("\(chunk) is begun before item \(lowest)") }
        lowest += 1
      }
      for item in chunk where state[item] != .unstarted {
        throw Violation("item \(item), which is \(state[item]), goes to rank \(rank)")
      }
      unstarted -= chunk.count
      if schedule.results.isEmpty, schedule.timeout == nil, !schedule.isResumed, schedule.supply == nil,
        schedule.longestBatch == .max,
        chunk.lowerBound % schedule.rule.unit != 0
      {
        throw Violation("\(chunk) doesn't begin where units do")
      }
    }
    for item in chunk {
      state[item] = .held
      holder[item] = rank
    }
    ranks[rank].held.append(BookedRank.Held(chunk: chunk, isQuarantined: isQuarantined))
    consequences.gave(chunk, to: rank)
    heldChunks += 1
    mostChunks = max(mostChunks, heldChunks)
    touch(rank)
  }

  private func checkSuspect(_ chunk: Range<Int>, on rank: Int) throws {
    let item = chunk.lowerBound
    guard chunk.count == 1 else { throw Violation("the suspect \(item) goes out together with others, \(chunk)") }
    guard ranks[rank].held.isEmpty else {
      throw Violation("the suspect \(item) goes to rank \(rank), which holds others")
    }
    guard mayHaveSuspect(rank) else { throw Violation("the suspect \(item) goes to rank \(rank)") }
    guard item == quarantine.min() else { throw Violation("the suspect \(item) isn't the lowest of \(quarantine)") }
    quarantine.remove(item)
  }

  private func mayHaveSuspect(_ rank: Int) -> Bool {
    !quarantine.isEmpty && ranks[rank].held.isEmpty && (rank != schedule.unwitnessed || ranks.count == 1)
  }

  private func checkStock(of rank: Int) throws {
    let (threads, held) = (ranks[rank].threads, ranks[rank].held.count)
    if held < threads { return }
    if unstarted + failures.waiting.count <= self.threads {
      throw Violation("rank \(rank) hoards the last items")
    }
    let late = ranks[rank].overdueThreads
    let most = (schedule.isCalm ? 2 : 64) * (threads - late) + late
    if held >= most { throw Violation("rank \(rank) gets more than \(most) chunks") }
  }

  private func checkTriedAgain(_ chunk: Range<Int>, on rank: Int) throws {
    let item = chunk.lowerBound
    guard chunk.count == 1 else { throw Violation("item \(item) is tried again together with others, \(chunk)") }
    if ranks[rank].isOverdue(item) {
      throw Violation("item \(item) is tried again on rank \(rank), which is still at it")
    }
    if failures.lastFailedOn[item] == rank, !isAlone(rank) {
      throw Violation("item \(item) is tried again on rank \(rank), where it failed, though there are others")
    }
    failures.waitsNoMore(item)
  }

  /// Whether no other rank has a thread that isn't late.
  func isAlone(_ rank: Int) -> Bool {
    for other in ranks.indices where other != rank {
      if !ranks[other].isGone, !ranks[other].isThere || ranks[other].overdueThreads < ranks[other].threads {
        return false
      }
    }
    return true
  }

  /// Whether the rank may be given something that nobody holds.
  func mayBeGiven(_ rank: Int) -> Bool {
    if unstarted > 0 || mayHaveSuspect(rank) { return true }
    if failures.waiting.isEmpty { return false }
    let isAlone = isAlone(rank)
    if ranks[rank].overdueThreads == 0 { return isAlone || failures.waiting.count > failures.waitingAfter[rank] }
    return failures.waiting.contains { (isAlone || failures.lastFailedOn[$0] != rank) && !ranks[rank].isOverdue($0) }
  }

  // MARK: Taking

  private func release(_ items: Range<Int>, from rank: Int, isQuarantined: Bool) throws {
    for item in items {
      guard state[item] == .held, holder[item] == rank else {
        throw Violation("item \(item), which rank \(rank) gives back, is \(state[item]), held by \(holder[item])")
      }
      holder[item] = -1
      if failures.tries[item] > 0 {
        state[item] = .toBeTriedAgain
        if item < bound { failures.waits(item) }
      } else if isQuarantined {
        state[item] = .waitsAlone
        if item < bound { quarantine.insert(item) }
      } else {
        state[item] = .unstarted
        if item < bound { unstarted += 1 }
      }
    }
    if !items.isEmpty { lowest = min(lowest, items.lowerBound) }
  }

  /// What a rank says that it has not begun.
  func returned(_ ranges: [Range<Int>], by rank: Int) throws {
    if repetitions.hasBegun {
      for item in ranges.joined() { _ = repetitions.ended(item) }
      return
    }
    for range in ranges { try shortened(range, of: rank) }
  }

  private func shortened(_ range: Range<Int>, of rank: Int, failed first: Int = 0) throws {
    guard let place = ranks[rank].held.firstIndex(where: { $0.items.upperBound == range.upperBound && !$0.isOverdue }),
      ranks[rank].held[place].chunk.lowerBound <= range.lowerBound
    else { throw Violation("rank \(rank) gives back \(range), and doesn't hold it") }
    let isQuarantined = ranks[rank].held[place].isQuarantined
    ranks[rank].held[place].chunk = ranks[rank].held[place].chunk.lowerBound..<range.lowerBound
    if ranks[rank].held[place].chunk.isEmpty {
      ranks[rank].held.remove(at: place)
      heldChunks -= 1
    }
    touch(rank)
    consequences.expect(.shortened(worker: rank, range))
    try release(range.dropFirst(first), from: rank, isQuarantined: isQuarantined)
  }

  /// The item can't be sent, and what stands behind it in its chunk is not.
  func unsendable(_ item: Int, of chunk: Range<Int>, to rank: Int) throws {
    if repetitions.hasBegun {
      _ = repetitions.ended(item)
      return
    }
    try failed(item, on: rank, mayBeTriedAgain: false)
    try shortened(item..<chunk.upperBound, of: rank, failed: 1)
  }

  /// A failure on a rank that holds the item.
  private func failed(_ item: Int, on rank: Int, mayBeTriedAgain: Bool = true) throws {
    guard state[item] == .held, holder[item] == rank else {
      throw Violation("item \(item), which failed on rank \(rank), is \(state[item]), held by \(holder[item])")
    }
    holder[item] = -1
    guard item < bound else { return settle(item, .failed) }
    failures.failed(item, on: rank)
    if mayBeTriedAgain, failures.tries[item] <= schedule.retries {
      state[item] = .toBeTriedAgain
      return failures.isTriedAgain(item)
    }
    failed.append(item)
    settle(item, .failed)
    consequences.expect(.failed(item, tries: mayBeTriedAgain ? failures.tries[item] : 1))
    guard schedule.failuresDecide else { return }
    lower(to: item)
    consequences.expect(limit: item)
  }

  private func settle(_ item: Int, _ fate: State) {
    state[item] = fate
    holder[item] = -1
    done += 1
    failures.settled(item)
    isSettled[item] = fate == .done || failed.last == item
    settle()
  }

  private func settle() {
    while settledThrough < count, isSettled[settledThrough] { settledThrough += 1 }
  }

  private func lower(to item: Int) {
    guard item < bound else {
      limit = min(limit, item)
      return
    }
    for index in item..<bound where state[index] == .unstarted { unstarted -= 1 }
    quarantine = quarantine.filter { $0 < item }
    for index in failures.waiting where index >= item { failures.waitsNoMore(index) }
    limit = min(limit, item)
  }

  func overdue(_ report: OverdueReport, on rank: Int, at now: Int) throws {
    try returned(report.returned, by: rank)
    for (failure, elapsed) in zip(report.items, report.elapsed) {
      overdue.append((failure.index, rank, now - elapsed))
      if !repetitions.hasBegun { try overdue(failure.index, on: rank) }
    }
  }

  private func overdue(_ item: Int, on rank: Int) throws {
    guard let place = ranks[rank].held.firstIndex(where: { $0.chunk.upperBound == item + 1 && !$0.isOverdue }) else {
      throw Violation("item \(item) is overdue on rank \(rank), which doesn't hold it last in a chunk")
    }
    ranks[rank].held[place].isOverdue = true
    // As any other that is overdue.
    ranks[rank].held[place].isQuarantined = false
    ranks[rank].overdueThreads += 1
    overdueChunks += 1
    touch(rank)
    try failed(item, on: rank)
  }

  /// The chunk came back.
  func reported(_ report: ChunkReport, by rank: Int) throws {
    overdue.removeAll { $0.rank == rank && report.chunk.contains($0.item) }
    if repetitions.hasBegun { return repeated(report, by: rank) }
    guard let place = ranks[rank].held.firstIndex(where: { $0.chunk == report.chunk }) else {
      throw Violation("rank \(rank) returns \(report.chunk), and doesn't hold it")
    }
    let held = ranks[rank].held[place]
    var (completed, failures) = (report.completed, report.failures.map(\.index))
    // What throws when the job ends may throw because of that.
    if isStopped, let first = failures.first { (completed, failures) = (first - report.chunk.lowerBound, []) }
    if held.isOverdue, completed == report.chunk.count, failures.last != held.items.upperBound {
      throw Violation("item \(held.items.upperBound), which was overdue on rank \(rank), has a result from there")
    }
    // The failure of one that is overdue is known.
    for item in failures where !(held.isOverdue && item == held.items.upperBound) { try failed(item, on: rank) }
    consequences.expect(.released(worker: rank, report.chunk))
    ranks[rank].held.remove(at: place)
    heldChunks -= 1
    if held.isOverdue {
      ranks[rank].overdueThreads -= 1
      overdueChunks -= 1
    }
    touch(rank)
    let end = min(report.chunk.lowerBound + completed, held.items.upperBound)
    var nextFailure = 0
    for item in report.chunk.lowerBound..<end {
      if nextFailure < failures.count, failures[nextFailure] == item {
        nextFailure += 1
        continue
      }
      guard state[item] == .held, holder[item] == rank else {
        throw Violation("item \(item), computed on rank \(rank), is \(state[item]), held by \(holder[item])")
      }
      settle(item, .done)
      taken[item] += 1
      repetitions.computed(item, by: rank)
    }
    try release(end..<held.items.upperBound, from: rank, isQuarantined: held.isQuarantined)
  }

  private func repeated(_ report: ChunkReport, by rank: Int) {
    let item = report.chunk.lowerBound
    guard let first = repetitions.ended(item), report.completed > 0 else { return }
    repetitions.cameTwice()
    consequences.expect(.compare(item, first: first, second: rank))
  }

  func gaveAgain(_ chunk: Range<Int>, to rank: Int) throws {
    guard isFinished, areAllHere, ranks[rank].isThere, !isStopped || repetitions.hasBegun else {
      throw Violation("\(chunk) goes to rank \(rank) again, and the others aren't done")
    }
    try repetitions.gave(chunk, to: rank)
  }

  func gone(_ rank: Int, at now: Int) throws {
    overdue.removeAll { $0.rank == rank }
    repetitions.lost(rank)
    for held in ranks[rank].held {
      heldChunks -= 1
      if held.isOverdue { overdueChunks -= 1 }
      consequences.expect(.released(worker: rank, held.chunk))
      try release(held.items, from: rank, isQuarantined: held.isQuarantined)
    }
    ranks[rank] = BookedRank()
    ranks[rank].isGone = true
    touch(rank)
    advance(to: now)
  }

  /// The coordinator says that it is done.
  func finished() throws {
    guard isFinished, areAllHere else { throw Violation("it has finished, and isn't done, or not all are here") }
    let others = ranks.count(where: \.isThere) > 1
    let isPlain = !isStopped && !isRefused && bound == count && schedule.countAtStart > 0
    try repetitions.checkThatFirstWas(schedule.repeats && others && isPlain)
  }
}
