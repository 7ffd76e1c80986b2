import SeppoEngine

/// What must be true of each item and of each rank, as rank 0 knows it: kept beside the scheduler, not asked of it.
final class Books {
  enum State: UInt8 {
    case notBegun
    /// To be given by itself.
    case waitsAlone
    /// It failed, and is to be tried again.
    case toBeTriedAgain
    case held
    case done
    /// For good; or given up when its rank said that it failed.
    case failed
  }

  struct Held: Equatable {
    var chunk: Range<Int>
    /// Its last item has passed its time, and isn't this chunk's any more.
    var isLate = false
    /// It is an item that may end its rank.
    var isSuspect = false
    /// The items for which its rank answers.
    var items: Range<Int> { isLate ? chunk.dropLast() : chunk }
  }

  struct Rank {
    var threads = 0
    var held: [Held] = []
    var lateThreads = 0
    var isThere = false
    var isGone = false
    var isAsked = false
    /// Differs from what was checked last.
    var hasChanged = false

    var holdsSuspect: Bool { held.contains { $0.isSuspect } }
    /// None beside a suspect.
    var idleThreads: Int { holdsSuspect ? 0 : max(0, threads - held.count) }
  }

  let schedule: Schedule
  var state: [State]
  private(set) var holder: [Int]
  /// Tries that failed.
  private(set) var failures: [Int]
  private(set) var lastFailedOn: [Int]
  private(set) var ranks: [Rank]
  private(set) var changed: [Int] = []
  private(set) var bound: Int
  /// Below the bound.
  private(set) var notBegun: Int
  /// Items that wait to be given alone, below the bound.
  private(set) var suspects: Set<Int>
  /// Nothing is given any more.
  var isStopped = false
  /// No item below this is not begun.
  private var lowest = 0
  /// Below the bound.
  private(set) var toBeTriedAgain: [Int] = []
  /// Where each item stands among these.
  private var placeAgain: [Int]
  /// How many of these failed last on a rank.
  private var againAfter: [Int]
  /// Whose fate is known: computed, or failed for good.
  private(set) var done = 0
  private(set) var heldChunks = 0
  private(set) var lateChunks = 0
  private(set) var mostChunks = 0
  private(set) var failed: [Int] = []
  /// Items that have failed at some time, and have no fate yet.
  private(set) var openFailures = 0

  init(_ schedule: Schedule) {
    self.schedule = schedule
    let count = schedule.count
    state = Array(repeating: .notBegun, count: count)
    holder = Array(repeating: -1, count: count)
    failures = Array(repeating: 0, count: count)
    lastFailedOn = holder
    placeAgain = holder
    againAfter = Array(repeating: 0, count: schedule.ranks.count)
    ranks = Array(repeating: Rank(), count: schedule.ranks.count)
    bound = count
    suspects = Set(schedule.alone)
    for item in schedule.done.joined() { state[item] = .done }
    for item in suspects { state[item] = .waitsAlone }
    for item in schedule.failedBefore { state[item] = .failed }
    failed = schedule.failedBefore
    let decided = schedule.done.reduce(0) { $0 + $1.count } + failed.count
    notBegun = count - decided - suspects.count
    done = decided
    if schedule.failuresDecide, let lowest = failed.min() { lower(to: lowest) }
  }

  /// Compute threads, and one for each rank that may still come.
  var threads: Int {
    var threads = 0
    for rank in ranks where !rank.isGone { threads += rank.isThere ? rank.threads : 1 }
    return max(1, threads)
  }

  var isFinished: Bool { heldChunks == 0 && notBegun == 0 && toBeTriedAgain.isEmpty && suspects.isEmpty }
  var isStuck: Bool { heldChunks > 0 && heldChunks == lateChunks }

  /// Suspects are left, and nobody who may be given one.
  var isStranded: Bool {
    heldChunks == 0 && notBegun == 0 && toBeTriedAgain.isEmpty && !suspects.isEmpty && ranks.count > 1
      && ranks.dropFirst().allSatisfy(\.isGone)
  }

  func joined(_ rank: Int, threads: Int) {
    ranks[rank].threads = threads
    ranks[rank].isThere = true
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
    guard ranks[rank].isThere else { throw Violation("rank \(rank) is asked to give back, and isn't there") }
    guard !ranks[rank].isAsked else { throw Violation("rank \(rank) is asked twice to give back") }
    guard notBegun == 0 else { throw Violation("rank \(rank) is asked to give back while there is something to give") }
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
    guard !ranks[rank].holdsSuspect else { throw Violation("\(chunk) goes to rank \(rank), which holds a suspect") }
    try checkStock(of: rank)
    let isSuspect = state[chunk.lowerBound] == .waitsAlone
    if isSuspect {
      try checkSuspect(chunk, on: rank)
    } else if mayHaveSuspect(rank) {
      throw Violation("\(chunk) goes to rank \(rank), which holds nothing, before the suspects \(suspects)")
    } else if state[chunk.lowerBound] == .toBeTriedAgain {
      guard ranks[rank].idleThreads > 0 || notBegun > 0 else {
        throw Violation("\(chunk), one of the last, is tried again on rank \(rank), and waits there")
      }
      try checkTriedAgain(chunk, on: rank)
    } else {
      while lowest < chunk.lowerBound {
        if state[lowest] == .notBegun { throw Violation("\(chunk) is begun before item \(lowest)") }
        lowest += 1
      }
      for item in chunk where state[item] != .notBegun {
        throw Violation("item \(item), which is \(state[item]), goes to rank \(rank)")
      }
      notBegun -= chunk.count
      if schedule.fates.isEmpty, schedule.timeout == nil, !schedule.isResumed,
        chunk.lowerBound % schedule.rule.unit != 0
      {
        throw Violation("\(chunk) doesn't begin where units do")
      }
    }
    for item in chunk {
      state[item] = .held
      holder[item] = rank
    }
    ranks[rank].held.append(Held(chunk: chunk, isSuspect: isSuspect))
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
    guard item == suspects.min() else { throw Violation("the suspect \(item) isn't the lowest of \(suspects)") }
    suspects.remove(item)
  }

  private func mayHaveSuspect(_ rank: Int) -> Bool {
    !suspects.isEmpty && ranks[rank].held.isEmpty && (rank > 0 || ranks.count == 1)
  }

  private func checkStock(of rank: Int) throws {
    let (threads, held) = (ranks[rank].threads, ranks[rank].held.count)
    if held < threads { return }
    if notBegun + toBeTriedAgain.count <= self.threads {
      throw Violation("rank \(rank) hoards the last items")
    }
    let late = ranks[rank].lateThreads
    let most = (schedule.isCalm ? 2 : 64) * (threads - late) + late
    if held >= most { throw Violation("rank \(rank) gets more than \(most) chunks") }
  }

  private func checkTriedAgain(_ chunk: Range<Int>, on rank: Int) throws {
    let item = chunk.lowerBound
    guard chunk.count == 1 else { throw Violation("item \(item) is tried again together with others, \(chunk)") }
    if isLate(item, on: rank) {
      throw Violation("item \(item) is tried again on rank \(rank), which is still at it")
    }
    if lastFailedOn[item] == rank, !isAlone(rank) {
      throw Violation("item \(item) is tried again on rank \(rank), where it failed, though there are others")
    }
    removeFromAgain(item)
  }

  private func addToAgain(_ item: Int) {
    placeAgain[item] = toBeTriedAgain.count
    toBeTriedAgain.append(item)
    againAfter[lastFailedOn[item]] += 1
  }

  private func removeFromAgain(_ item: Int) {
    let last = toBeTriedAgain[toBeTriedAgain.count - 1]
    toBeTriedAgain[placeAgain[item]] = last
    placeAgain[last] = placeAgain[item]
    toBeTriedAgain.removeLast()
    againAfter[lastFailedOn[item]] -= 1
  }

  /// Whether no other rank has a thread that isn't late.
  func isAlone(_ rank: Int) -> Bool {
    for other in ranks.indices where other != rank {
      if !ranks[other].isGone, !ranks[other].isThere || ranks[other].lateThreads < ranks[other].threads { return false }
    }
    return true
  }

  /// Whether the rank may be given something that nobody holds.
  func mayBeGiven(_ rank: Int) -> Bool {
    if notBegun > 0 || mayHaveSuspect(rank) { return true }
    if toBeTriedAgain.isEmpty { return false }
    let isAlone = isAlone(rank)
    if ranks[rank].lateThreads == 0 { return isAlone || toBeTriedAgain.count > againAfter[rank] }
    return toBeTriedAgain.contains { (isAlone || lastFailedOn[$0] != rank) && !isLate($0, on: rank) }
  }

  private func isLate(_ item: Int, on rank: Int) -> Bool {
    ranks[rank].held.contains { $0.isLate && $0.chunk.upperBound == item + 1 }
  }

  // MARK: Taking

  private func release(_ items: Range<Int>, from rank: Int, isSuspect: Bool) throws {
    for item in items {
      guard state[item] == .held, holder[item] == rank else {
        throw Violation("item \(item), which rank \(rank) gives back, is \(state[item]), held by \(holder[item])")
      }
      holder[item] = -1
      if failures[item] > 0 {
        state[item] = .toBeTriedAgain
        if item < bound { addToAgain(item) }
      } else if isSuspect {
        state[item] = .waitsAlone
        if item < bound { suspects.insert(item) }
      } else {
        state[item] = .notBegun
        if item < bound { notBegun += 1 }
      }
    }
    if !items.isEmpty { lowest = min(lowest, items.lowerBound) }
  }

  func gaveBack(_ range: Range<Int>, by rank: Int, failed first: Int = 0) throws {
    guard let place = ranks[rank].held.firstIndex(where: { $0.items.upperBound == range.upperBound && !$0.isLate }),
      ranks[rank].held[place].chunk.lowerBound <= range.lowerBound
    else { throw Violation("rank \(rank) gives back \(range), and doesn't hold it") }
    let isSuspect = ranks[rank].held[place].isSuspect
    ranks[rank].held[place].chunk = ranks[rank].held[place].chunk.lowerBound..<range.lowerBound
    if ranks[rank].held[place].chunk.isEmpty {
      ranks[rank].held.remove(at: place)
      heldChunks -= 1
    }
    touch(rank)
    try release(range.dropFirst(first), from: rank, isSuspect: isSuspect)
  }

  /// What the scheduler has to say to a failure on a rank that holds the item, and what is to be booked.
  func failed(_ item: Int, on rank: Int, mayBeTriedAgain: Bool = true) throws -> Scheduler.Verdict {
    guard state[item] == .held, holder[item] == rank else {
      throw Violation("item \(item), which failed on rank \(rank), is \(state[item]), held by \(holder[item])")
    }
    holder[item] = -1
    guard item < bound else {
      settle(item, .failed)
      return .known
    }
    if failures[item] == 0 { openFailures += 1 }
    failures[item] += 1
    lastFailedOn[item] = rank
    if mayBeTriedAgain, failures[item] <= schedule.retries {
      state[item] = .toBeTriedAgain
      addToAgain(item)
      return .again
    }
    settle(item, .failed)
    failed.append(item)
    if schedule.failuresDecide { lower(to: item) }
    return .failed(tries: failures[item])
  }

  private func settle(_ item: Int, _ fate: State) {
    state[item] = fate
    holder[item] = -1
    done += 1
    if failures[item] > 0 { openFailures -= 1 }
  }

  private func lower(to item: Int) {
    for index in item..<bound where state[index] == .notBegun { notBegun -= 1 }
    suspects = suspects.filter { $0 < item }
    for index in toBeTriedAgain where index >= item { removeFromAgain(index) }
    bound = item
  }

  func late(_ item: Int, on rank: Int) throws -> Scheduler.Verdict {
    guard let place = ranks[rank].held.firstIndex(where: { $0.chunk.upperBound == item + 1 && !$0.isLate }) else {
      throw Violation("item \(item) is late on rank \(rank), which doesn't hold it last in a chunk")
    }
    ranks[rank].held[place].isLate = true
    // As any other that is late.
    ranks[rank].held[place].isSuspect = false
    ranks[rank].lateThreads += 1
    lateChunks += 1
    touch(rank)
    return try failed(item, on: rank)
  }

  /// The chunk came back: those that failed have been booked.
  func returned(_ report: Report, by rank: Int) throws {
    guard let place = ranks[rank].held.firstIndex(where: { $0.chunk == report.chunk }) else {
      throw Violation("rank \(rank) returns \(report.chunk), and doesn't hold it")
    }
    let held = ranks[rank].held.remove(at: place)
    heldChunks -= 1
    if held.isLate {
      ranks[rank].lateThreads -= 1
      lateChunks -= 1
    }
    touch(rank)
    let end = min(report.chunk.lowerBound + report.completed, held.items.upperBound)
    var nextFailure = 0
    for item in report.chunk.lowerBound..<end {
      if nextFailure < report.failures.count, report.failures[nextFailure] == item {
        nextFailure += 1
        continue
      }
      guard state[item] == .held, holder[item] == rank else {
        throw Violation("item \(item), computed on rank \(rank), is \(state[item]), held by \(holder[item])")
      }
      settle(item, .done)
    }
    try release(end..<held.items.upperBound, from: rank, isSuspect: held.isSuspect)
  }

  func gone(_ rank: Int) throws {
    ranks[rank].isGone = true
    guard ranks[rank].isThere else { return }
    for held in ranks[rank].held {
      heldChunks -= 1
      if held.isLate { lateChunks -= 1 }
      try release(held.items, from: rank, isSuspect: held.isSuspect)
    }
    ranks[rank] = Rank()
    ranks[rank].isGone = true
    touch(rank)
  }
}
