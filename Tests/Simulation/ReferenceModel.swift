import SeppoEngine

/// A reference model of the root's state: the state of each item and rank, derived from the events without asking the
/// coordinator.
final class ReferenceModel {
  enum State: UInt8 {
    case unstarted
    /// To be assigned by itself.
    case quarantined
    /// It failed and is to be retried.
    case toBeRetried
    case held
    case done
    /// Permanently, or its rank reported the failure after the item was given up.
    case failed
  }

  let schedule: Schedule
  var state: [State]
  private(set) var holder: [Int]
  private(set) var failures: ModelFailures
  private(set) var ranks: [ModelRank]
  private(set) var changed: [Int] = []
  /// The number of items so far.
  private(set) var count: Int
  private(set) var isClosed: Bool
  /// No item at or above this index may be assigned.
  private var limit = Int.max
  var bound: Int { min(limit, count) }
  /// Whether items that are added would not be assigned.
  var isLimited: Bool { limit < .max || isStopped }
  /// The number of unstarted items below the bound.
  private(set) var unstarted: Int
  /// The items below the bound that wait in quarantine.
  private(set) var quarantine: Set<Int>
  /// Whether nothing may be assigned any more.
  private(set) var isStopped = false
  private(set) var isRefused = false
  /// The lowest item that has decided the map.
  private(set) var decisive: Int?
  /// All items below this one have been started.
  private var lowest = 0
  /// The number of items that are computed or have failed permanently.
  private(set) var done = 0
  private(set) var heldChunks = 0
  private(set) var overdueChunks = 0
  private(set) var maximumChunks = 0
  private(set) var failed: [Int] = []
  /// The items that have exceeded their time limit and are still running.
  private(set) var overdue: [(item: Int, rank: Int, since: Int)] = []
  /// How often each item's result was received.
  private(set) var taken: [Int]
  var expectedEffects: ExpectedEffects
  private(set) var repetitions: ModelRepetitions
  /// Whether the item has a result or has failed permanently.
  private var isSettled: [Bool]
  /// All items below this one are settled.
  private(set) var settledThrough = 0

  init(_ schedule: Schedule) {
    self.schedule = schedule
    let count = schedule.count
    taken = Array(repeating: 0, count: count)
    expectedEffects = ExpectedEffects(workers: schedule.ranks.count)
    repetitions = ModelRepetitions(count: count)
    isSettled = Array(repeating: false, count: count)
    self.count = schedule.countAtStart
    isClosed = schedule.supply == nil
    state = Array(repeating: .unstarted, count: count)
    holder = Array(repeating: -1, count: count)
    failures = ModelFailures(count: count, ranks: schedule.ranks.count)
    ranks = Array(repeating: ModelRank(), count: schedule.ranks.count)
    quarantine = Set(schedule.quarantine)
    for item in schedule.done.joined() { state[item] = .done }
    for item in quarantine { state[item] = .quarantined }
    for item in schedule.failedBefore { state[item] = .failed }
    failed = schedule.failedBefore
    let decided = schedule.done.reduce(0) { $0 + $1.count } + failed.count
    unstarted = schedule.countAtStart - decided - quarantine.count
    done = decided
    for item in state.indices where state[item] == .done || state[item] == .failed { isSettled[item] = true }
    settle()
    if schedule.failsFast, let lowest = failed.min() { lower(to: lowest) }
  }

  /// The number of compute threads, plus one for each rank that may still join.
  var threads: Int {
    var threads = 0
    for rank in ranks where !rank.isLost { threads += rank.isPresent ? rank.threads : 1 }
    return max(1, threads)
  }

  var isFinished: Bool {
    heldChunks == 0 && unstarted == 0 && failures.waiting.isEmpty && quarantine.isEmpty && (isClosed || limit < .max)
  }

  var allJoinedOrLost: Bool { ranks.allSatisfy { $0.isPresent || $0.waits || $0.isLost } }

  var isStuck: Bool {
    heldChunks > 0 && heldChunks == overdueChunks
      && (isClosed || limit < .max || unstarted > 0 || !failures.waiting.isEmpty || !quarantine.isEmpty)
  }

  /// The item that makes the call stuck now, and when it was started.
  func stuckItem(at now: Int) -> (item: Int, rank: Int, since: Int)? {
    guard repetitions.hasStarted ? !repetitions.inProgress.isEmpty : isStuck && allJoinedOrLost else { return nil }
    guard let timeout = schedule.timeout, overdue.allSatisfy({ now - $0.since >= 2 * timeout }) else { return nil }
    return overdue.min { $0.item < $1.item }
  }

  /// Whether only quarantined items are left and no rank may take them.
  var isStranded: Bool {
    guard let quarantineExempt = schedule.quarantineExempt, ranks.count > 1 else { return false }
    return heldChunks == 0 && unstarted == 0 && failures.waiting.isEmpty && !quarantine.isEmpty
      && ranks.indices.allSatisfy { $0 == quarantineExempt || ranks[$0].isLost }
  }

  // MARK: Joining and leaving

  func joined(_ rank: Int, threads: Int, at now: Int) {
    ranks[rank].threads = threads
    ranks[rank].waits = true
    advance(to: now)
  }

  /// Lets ranks start that no longer have to wait for others.
  func advance(to now: Int) {
    if schedule.waitsForAll, !allJoinedOrLost, now < StartBarrier.timeout { return }
    for rank in ranks.indices where ranks[rank].waits {
      ranks[rank].waits = false
      ranks[rank].isPresent = true
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
    expectedEffects.expect(limit: 0)
  }

  func refused() {
    isRefused = true
    lower(to: 0)
    expectedEffects.expect(limit: 0)
  }

  /// Handles an item whose result decides the map. A failed item below it counts more.
  func decided(by item: Int) {
    guard !repetitions.hasStarted, item < bound, decisive.map({ item < $0 }) ?? true else { return }
    decisive = item
    lower(to: item + 1)
    expectedEffects.expect(limit: item + 1)
    expectedEffects.expect(.decided(item))
  }

  func takeChanged() -> [Int] {
    defer { changed.removeAll(keepingCapacity: true) }
    for rank in changed { ranks[rank].hasChanged = false }
    return changed
  }

  private func markChanged(_ rank: Int) {
    if ranks[rank].hasChanged { return }
    ranks[rank].hasChanged = true
    changed.append(rank)
  }

  func recalled(_ rank: Int) throws {
    guard !repetitions.hasStarted else { throw Violation("the coordinator recalls repetitions from rank \(rank)") }
    guard ranks[rank].isPresent else {
      throw Violation("the coordinator recalls items from rank \(rank), which hasn't joined")
    }
    guard !ranks[rank].isRecallPending else { throw Violation("the coordinator recalls items twice from rank \(rank)") }
    guard unstarted == 0 else {
      throw Violation("the coordinator recalls items from rank \(rank) while there are unstarted ones")
    }
    guard !isStopped else {
      throw Violation("the coordinator recalls items from rank \(rank) after the map was stopped")
    }
    guard ranks.contains(where: { $0.idleThreads > 0 }) else {
      throw Violation("the coordinator recalls items from rank \(rank) although no thread is idle")
    }
    ranks[rank].isRecallPending = true
  }

  func recallAnswered(_ rank: Int) { ranks[rank].isRecallPending = false }

  // MARK: Assigning

  func assigned(_ chunk: Range<Int>, to rank: Int) throws {
    guard ranks[rank].isPresent else { throw Violation("\(chunk) is assigned to rank \(rank), which hasn't joined") }
    guard !chunk.isEmpty, chunk.lowerBound >= 0, chunk.upperBound <= bound else {
      throw Violation("\(chunk) is assigned to rank \(rank), but isn't a chunk of 0..<\(bound)")
    }
    guard !isStopped else { throw Violation("\(chunk) is assigned to rank \(rank) after the map was stopped") }
    guard !ranks[rank].holdsQuarantined else {
      throw Violation("\(chunk) is assigned to rank \(rank), which holds a quarantined item")
    }
    try checkPrefetch(of: rank)
    let isQuarantined = state[chunk.lowerBound] == .quarantined
    if isQuarantined {
      try checkQuarantined(chunk, on: rank)
    } else if mayGetQuarantined(rank) {
      throw Violation(
        "\(chunk) is assigned to rank \(rank), which holds nothing, before the quarantined items \(quarantine)")
    } else if state[chunk.lowerBound] == .toBeRetried {
      guard ranks[rank].idleThreads > 0 || unstarted > 0 else {
        throw Violation("\(chunk), one of the last items, is retried on rank \(rank), which has no idle thread")
      }
      try checkRetry(chunk, on: rank)
    } else {
      while lowest < chunk.lowerBound {
        if state[lowest] == .unstarted { throw Violation("\(chunk) is assigned before item \(lowest)") }
        lowest += 1
      }
      for item in chunk where state[item] != .unstarted {
        throw Violation("item \(item), which is \(state[item]), is assigned to rank \(rank)")
      }
      unstarted -= chunk.count
      if schedule.behaviors.isEmpty, schedule.timeout == nil, !schedule.isResumed, schedule.supply == nil,
        schedule.longestBatch == .max,
        chunk.lowerBound % schedule.rule.unit != 0
      {
        throw Violation("\(chunk) doesn't start at a unit")
      }
    }
    for item in chunk {
      state[item] = .held
      holder[item] = rank
    }
    ranks[rank].held.append(ModelRank.ModelChunk(chunk: chunk, isQuarantined: isQuarantined))
    expectedEffects.assigned(chunk, to: rank)
    heldChunks += 1
    maximumChunks = max(maximumChunks, heldChunks)
    markChanged(rank)
  }

  private func checkQuarantined(_ chunk: Range<Int>, on rank: Int) throws {
    let item = chunk.lowerBound
    guard chunk.count == 1 else {
      throw Violation("the quarantined item \(item) is assigned together with others: \(chunk)")
    }
    guard ranks[rank].held.isEmpty else {
      throw Violation("the quarantined item \(item) is assigned to rank \(rank), which holds others")
    }
    guard mayGetQuarantined(rank) else {
      throw Violation("the quarantined item \(item) is assigned to rank \(rank), which may not get it")
    }
    guard item == quarantine.min() else {
      throw Violation("the quarantined item \(item) isn't the lowest of \(quarantine)")
    }
    quarantine.remove(item)
  }

  private func mayGetQuarantined(_ rank: Int) -> Bool {
    !quarantine.isEmpty && ranks[rank].held.isEmpty && (rank != schedule.quarantineExempt || ranks.count == 1)
  }

  private func checkPrefetch(of rank: Int) throws {
    let (threads, held) = (ranks[rank].threads, ranks[rank].held.count)
    if held < threads { return }
    if unstarted + failures.waiting.count <= self.threads {
      throw Violation("rank \(rank) prefetches the last items")
    }
    let overdue = ranks[rank].overdueThreads
    let maximum = (schedule.isCalm ? 2 : 64) * (threads - overdue) + overdue
    if held >= maximum { throw Violation("rank \(rank) gets more than \(maximum) chunks") }
  }

  private func checkRetry(_ chunk: Range<Int>, on rank: Int) throws {
    let item = chunk.lowerBound
    guard chunk.count == 1 else { throw Violation("item \(item) is retried together with others: \(chunk)") }
    if ranks[rank].isOverdue(item) {
      throw Violation("item \(item) is retried on rank \(rank), which is still computing it")
    }
    if failures.lastFailedOn[item] == rank, !isOnlyAvailable(rank) {
      throw Violation("item \(item) is retried on rank \(rank), where it failed, although there are others")
    }
    failures.stopsWaiting(item)
  }

  /// Returns whether all threads of all other ranks are blocked by overdue items.
  func isOnlyAvailable(_ rank: Int) -> Bool {
    for other in ranks.indices where other != rank {
      if !ranks[other].isLost, !ranks[other].isPresent || ranks[other].overdueThreads < ranks[other].threads {
        return false
      }
    }
    return true
  }

  /// Returns whether the rank may be assigned an item that no rank holds.
  func mayBeAssigned(_ rank: Int) -> Bool {
    if unstarted > 0 || mayGetQuarantined(rank) { return true }
    if failures.waiting.isEmpty { return false }
    let isOnlyAvailable = isOnlyAvailable(rank)
    if ranks[rank].overdueThreads == 0 {
      return isOnlyAvailable || failures.waiting.count > failures.waitingAfter[rank]
    }
    return failures.waiting.contains {
      (isOnlyAvailable || failures.lastFailedOn[$0] != rank) && !ranks[rank].isOverdue($0)
    }
  }

  // MARK: Returning

  private func release(_ items: Range<Int>, from rank: Int, isQuarantined: Bool) throws {
    for item in items {
      guard state[item] == .held, holder[item] == rank else {
        throw Violation("item \(item), returned by rank \(rank), is \(state[item]) and held by \(holder[item])")
      }
      holder[item] = -1
      if failures.tries[item] > 0 {
        state[item] = .toBeRetried
        if item < bound { failures.waits(item) }
      } else if isQuarantined {
        state[item] = .quarantined
        if item < bound { quarantine.insert(item) }
      } else {
        state[item] = .unstarted
        if item < bound { unstarted += 1 }
      }
    }
    if !items.isEmpty { lowest = min(lowest, items.lowerBound) }
  }

  /// Handles unstarted items that a rank returns.
  func returned(_ ranges: [Range<Int>], by rank: Int) throws {
    if repetitions.hasStarted {
      for item in ranges.joined() { _ = repetitions.ended(item) }
      return
    }
    for range in ranges { try shortened(range, of: rank) }
  }

  private func shortened(_ range: Range<Int>, of rank: Int, failed first: Int = 0) throws {
    guard let place = ranks[rank].held.firstIndex(where: { $0.items.upperBound == range.upperBound && !$0.isOverdue }),
      ranks[rank].held[place].chunk.lowerBound <= range.lowerBound
    else { throw Violation("rank \(rank) returns \(range), which it doesn't hold") }
    let isQuarantined = ranks[rank].held[place].isQuarantined
    ranks[rank].held[place].chunk = ranks[rank].held[place].chunk.lowerBound..<range.lowerBound
    if ranks[rank].held[place].chunk.isEmpty {
      ranks[rank].held.remove(at: place)
      heldChunks -= 1
    }
    markChanged(rank)
    expectedEffects.expect(.shortened(worker: rank, range))
    try release(range.dropFirst(first), from: rank, isQuarantined: isQuarantined)
  }

  /// Handles an item that can't be sent. The items after it in its chunk aren't sent.
  func unsendable(_ item: Int, of chunk: Range<Int>, to rank: Int) throws {
    if repetitions.hasStarted {
      _ = repetitions.ended(item)
      return
    }
    try failed(item, on: rank, mayBeRetried: false)
    try shortened(item..<chunk.upperBound, of: rank, failed: 1)
  }

  /// Records a failure on a rank that holds the item.
  private func failed(_ item: Int, on rank: Int, mayBeRetried: Bool = true) throws {
    guard state[item] == .held, holder[item] == rank else {
      throw Violation("item \(item), which failed on rank \(rank), is \(state[item]) and held by \(holder[item])")
    }
    holder[item] = -1
    guard item < bound else { return settle(item, as: .failed) }
    failures.failed(item, on: rank)
    if mayBeRetried, failures.tries[item] <= schedule.retries {
      state[item] = .toBeRetried
      return failures.isRetried(item)
    }
    failed.append(item)
    settle(item, as: .failed)
    expectedEffects.expect(.failed(item, tries: mayBeRetried ? failures.tries[item] : 1))
    guard schedule.failsFast else { return }
    lower(to: item)
    expectedEffects.expect(limit: item)
  }

  private func settle(_ item: Int, as outcome: State) {
    state[item] = outcome
    holder[item] = -1
    done += 1
    failures.settled(item)
    isSettled[item] = outcome == .done || failed.last == item
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
    for index in failures.waiting where index >= item { failures.stopsWaiting(index) }
    limit = min(limit, item)
  }

  func overdue(_ report: OverdueReport, on rank: Int, at now: Int) throws {
    try returned(report.returned, by: rank)
    for (failure, elapsed) in zip(report.items, report.elapsed) {
      overdue.append((failure.index, rank, now - elapsed))
      if !repetitions.hasStarted { try overdue(failure.index, on: rank) }
    }
  }

  private func overdue(_ item: Int, on rank: Int) throws {
    guard let place = ranks[rank].held.firstIndex(where: { $0.chunk.upperBound == item + 1 && !$0.isOverdue }) else {
      throw Violation("item \(item) is overdue on rank \(rank), but isn't the last item of a chunk there")
    }
    ranks[rank].held[place].isOverdue = true
    // The rank may get other items now.
    ranks[rank].held[place].isQuarantined = false
    ranks[rank].overdueThreads += 1
    overdueChunks += 1
    markChanged(rank)
    try failed(item, on: rank)
  }

  /// Handles a finished chunk.
  func reported(_ report: ChunkReport, by rank: Int) throws {
    overdue.removeAll { $0.rank == rank && report.chunk.contains($0.item) }
    if repetitions.hasStarted { return repeated(report, by: rank) }
    guard let place = ranks[rank].held.firstIndex(where: { $0.chunk == report.chunk }) else {
      throw Violation("rank \(rank) returns \(report.chunk), which it doesn't hold")
    }
    let held = ranks[rank].held[place]
    var (completed, failures) = (report.completed, report.failures.map(\.index))
    // An item may throw because the job ends.
    if isStopped, let first = failures.first { (completed, failures) = (first - report.chunk.lowerBound, []) }
    if held.isOverdue, completed == report.chunk.count, failures.last != held.items.upperBound {
      throw Violation("item \(held.items.upperBound), which was overdue on rank \(rank), has a result from it")
    }
    // The failure of an overdue item is already known.
    for item in failures where !(held.isOverdue && item == held.items.upperBound) { try failed(item, on: rank) }
    expectedEffects.expect(.released(worker: rank, report.chunk))
    ranks[rank].held.remove(at: place)
    heldChunks -= 1
    if held.isOverdue {
      ranks[rank].overdueThreads -= 1
      overdueChunks -= 1
    }
    markChanged(rank)
    let end = min(report.chunk.lowerBound + completed, held.items.upperBound)
    var nextFailure = 0
    for item in report.chunk.lowerBound..<end {
      if nextFailure < failures.count, failures[nextFailure] == item {
        nextFailure += 1
        continue
      }
      guard state[item] == .held, holder[item] == rank else {
        throw Violation("item \(item), computed on rank \(rank), is \(state[item]) and held by \(holder[item])")
      }
      settle(item, as: .done)
      taken[item] += 1
      repetitions.computed(item, by: rank)
    }
    try release(end..<held.items.upperBound, from: rank, isQuarantined: held.isQuarantined)
  }

  private func repeated(_ report: ChunkReport, by rank: Int) {
    let item = report.chunk.lowerBound
    guard let first = repetitions.ended(item), report.completed > 0 else { return }
    repetitions.recordComparison()
    expectedEffects.expect(.compare(item, first: first, second: rank))
  }

  func assignedRepetition(_ chunk: Range<Int>, to rank: Int) throws {
    guard isFinished, allJoinedOrLost, ranks[rank].isPresent, !isStopped || repetitions.hasStarted else {
      throw Violation("\(chunk) is assigned to rank \(rank) as a repetition before the map is done")
    }
    try repetitions.assigned(chunk, to: rank)
  }

  func lost(_ rank: Int, at now: Int) throws {
    overdue.removeAll { $0.rank == rank }
    repetitions.lost(rank)
    for held in ranks[rank].held {
      heldChunks -= 1
      if held.isOverdue { overdueChunks -= 1 }
      expectedEffects.expect(.released(worker: rank, held.chunk))
      try release(held.items, from: rank, isQuarantined: held.isQuarantined)
    }
    ranks[rank] = ModelRank()
    ranks[rank].isLost = true
    markChanged(rank)
    advance(to: now)
  }

  /// Checks whether the coordinator may finish.
  func finished() throws {
    guard isFinished, allJoinedOrLost else {
      throw Violation("the coordinator has finished before all items are done and all ranks have joined")
    }
    let others = ranks.count(where: \.isPresent) > 1
    let isPlain = !isStopped && !isRefused && bound == count && schedule.countAtStart > 0
    try repetitions.checkFirstItem(schedule.repeats && others && isPlain)
  }
}
