/// Which rank gets which items of one map, and when the map is done.
///
/// A pure state machine: it is told what happened (`joined`, `threw`, `late`, `returned`, `returned`, `gone`) and what
/// time it is (`advance`), and asked what to do (`nextAssignment`, `nextRecall`). It knows neither how bytes move nor any
/// clock. The number of items may grow until it is closed.
///
/// Each index is at any moment one of: not begun (or to be tried again), held by exactly one rank, done (computed, or
/// failed for good), or given up because an item below failed. But for an item that has passed its time: its fate is known,
/// and it may be tried again elsewhere, while the rank that sits at it still holds it.
///
/// Each compute thread holds a chunk, and its rank one more for each thread ahead of that, or as many as hide the latency of
/// a message behind work. At the end, when fewer items remain than threads would wait for, nobody hoards; and when nothing
/// remains, a rank with a free thread gets half of what another holds and hasn't begun: that is called back.
///
/// What an earlier job has done is done from the start. Items that were in a rank's hands when such a job died are suspects:
/// each is given alone, to a rank that holds nothing, which gets nothing else until it is back. If that rank dies as well, it
/// is certain which item it was. They come first, as those that die should do so before much else is under way.
package struct Scheduler: Sendable {
  /// How many items there are by now.
  package private(set) var count: Int
  /// Items at or above this index are not begun any more: the lowest index that failed, `count` while none did.
  package var bound: Int { unstarted.bound }
  /// How many items are done.
  package private(set) var completed: Int

  private let sizes: ChunkSizes
  /// What items take, on all ranks, and the largest chunk of which that is known.
  private var times: ItemTimes
  private var known: Int
  private var now = 0
  private var unstarted: UnstartedItems
  /// Items that wait to be given alone, each a range of its own.
  private var quarantine = RangeHeap()
  private var retries: Retries
  package private(set) var isStopped = false
  /// Whether an item that failed for good decides, so that nothing above it is begun any more.
  private let failuresDecide: Bool
  /// Whether no more items come.
  private var isClosed: Bool
  /// The rank whose loss nobody would be left to report, where there are others.
  private let unwitnessed: Int?
  private var workers: Workers
  private var idle = Queue<Int32>()
  private var ahead = Queue<Int32>()
  private var callable = Queue<Int32>()

  /// - Parameters:
  ///   - count: items, 0 or more.
  ///   - ranks: how many ranks may join, 1 or more.
  ///   - largest: no chunk has more items, except where the rule asks for it.
  ///   - retries: so many times more is an item tried that failed.
  ///   - failuresDecide: whether the lowest item that fails ends the map; otherwise all others are computed.
  ///   - isClosed: whether no more items come; otherwise `add` brings them, and `close` ends them.
  ///   - unwitnessed: the rank that is given no suspect, where there are others, as its loss ends all.
  ///   - calibration: what an earlier map of the same kind has measured.
  ///   - done: items that are done from the start, in ascending order, and apart from each other.
  ///   - alone: suspects, in ascending order, none of them done.
  package init(
    count: Int, ranks: Int, rule: ChunkRule, largest: Int = 1 << 30, retries: Int = 0, failuresDecide: Bool = true,
    isClosed: Bool = true, unwitnessed: Int? = 0, calibration: Calibration? = nil, done: [Range<Int>] = [],
    alone: [Int] = []
  ) {
    self.count = count
    self.retries = Retries(most: retries)
    self.failuresDecide = failuresDecide
    self.isClosed = isClosed
    self.unwitnessed = unwitnessed
    unstarted = UnstartedItems(count: count, done: done, alone: alone)
    completed = done.reduce(0) { $0 + $1.count }
    for index in alone { quarantine.insert(index..<(index + 1)) }
    sizes = ChunkSizes(rule: rule, largest: max(1, largest))
    times = calibration?.times ?? ItemTimes()
    known = calibration?.known ?? 0
    workers = Workers(ranks)
  }

  /// Nothing is held by anyone, and nothing is left that should be begun.
  package var isFinished: Bool {
    holdsNothing && remaining == 0 && quarantine.isEmpty && (isClosed || unstarted.isLimited)
  }

  /// More items come behind those that there are.
  package mutating func add(_ more: Int) {
    precondition(!isClosed && more >= 0, "\(more) items came after the last one")
    count += more
    unstarted.add(more)
  }

  /// No more items come.
  package mutating func close() { isClosed = true }

  /// How many more items could be used now: two chunks for each compute thread, as long as their times make sensible.
  package var demand: Int {
    if isClosed || isStopped || unstarted.isLimited { return 0 }
    let size = times.mean.map { Int(min(ChunkSizes.time / max($0, 1), Double(sizes.largest))) } ?? 1
    return max(0, 2 * workers.threads * max(size, sizes.rule.unit) - unstarted.count)
  }

  /// Nothing is held by anyone.
  package var holdsNothing: Bool { workers.held == 0 }

  /// All that is held is late, and nobody can be given what remains: nothing goes on before one of these comes back. Where
  /// nothing remains and more may come, that can go on.
  package var isStuck: Bool {
    workers.held > 0 && workers.held == workers.late
      && (isClosed || unstarted.isLimited || remaining > 0 || !quarantine.isEmpty)
  }

  /// Only suspects are left, and of several ranks only the one that is never given any: the map doesn't end.
  package var isStranded: Bool {
    holdsNothing && remaining == 0 && !quarantine.isEmpty && workers.count > 1 && unwitnessed != nil && isAlone
  }

  /// What has been measured of the items' times, for the next map of the same kind; nil where nothing was.
  package var calibration: Calibration? { known > 0 ? Calibration(times: times, known: known) : nil }

  /// How many entries its books have, but for one for each rank: in proportion to the chunks that are held, to the items that
  /// have failed and are open, and to what is left between and of the items that were done or suspect from the start.
  package var footprint: Int {
    idle.footprint + ahead.footprint + callable.footprint + unstarted.footprint + quarantine.footprint
      + retries.footprint
      + workers.held
  }

  /// Whether the rank takes part.
  package func hasJoined(_ rank: Int) -> Bool { workers[rank] != nil }

  /// The chunks that a rank holds, in the order in which it got them.
  package func held(by rank: Int) -> [Range<Int>] { workers[rank]?.held.map(\.chunk) ?? [] }

  /// Time goes on: nanoseconds since any fixed moment.
  package mutating func advance(to now: Int) { self.now = max(self.now, now) }

  /// The item at `index`, which is neither done nor a suspect, failed for good in an earlier job. To be told before anything
  /// is handed out.
  package mutating func failedBefore(index: Int) {
    completed += 1
    if failuresDecide { lowerBound(to: index) } else { unstarted.remove(index) }
  }

  /// From now on nothing is handed out or called back: the job ends early. What is held comes back as ever, for the most part
  /// not begun.
  package mutating func stop() { isStopped = true }

  /// From now on no item is handed out, and the map is finished when what is held has come back.
  package mutating func refuse() {
    lowerBound(to: 0)
    unstarted.limit(to: 0)
  }

  /// A rank takes part from now on, with so many compute threads.
  package mutating func joined(rank: Int, threads: Int) {
    workers.join(rank, threads: max(1, threads))
    enqueue(rank)
  }

  /// The item at `index` of a chunk that the rank holds failed. To be told before the chunk comes back.
  package mutating func threw(rank: Int, index: Int) -> Verdict {
    if workers[rank]?.isLate(index) == true { return .known }
    let verdict = judge(index, on: rank)
    // It counts when it comes back, now and after that try.
    if verdict == .again { completed -= 1 }
    return verdict
  }

  /// The item at `index` has passed its time on a rank that is still at it: that is its failure. What stood above it in its
  /// chunk must have been given back, and nothing may wait behind it on the rank.
  package mutating func late(rank: Int, index: Int) -> Verdict {
    let idleBefore = workers[rank]?.idleThreads ?? 0
    guard workers.change(rank, { $0.markLate(index) }) == true else { return .known }
    // It was a suspect's rank, and is like any other now.
    if let idle = workers[rank]?.idleThreads, idle > idleBefore { enqueue(rank) }
    let verdict = judge(index, on: rank)
    // It counts now, or after another try: not when this one comes back, if it ever does.
    if verdict != .again { completed += 1 }
    return verdict
  }

  private mutating func judge(_ index: Int, on rank: Int) -> Verdict {
    // Others below it have failed since it was begun.
    guard index < bound else { return .known }
    guard let tries = retries.fail(index, on: rank) else { return .again }
    if failuresDecide { lowerBound(to: index) }
    return .failed(tries: tries)
  }

  /// A chunk came back: its first `completed` items are computed or were said to have failed, the others were not begun.
  ///
  /// - Parameters:
  ///   - nanoseconds: what computing took; 0 where that isn't known.
  ///   - resident: how long the chunk was with the rank, from its coming to its results' going; nil where that isn't known.
  /// - Returns: those of the items whose fate this return has brought: not one that was late.
  @discardableResult
  package mutating func returned(
    rank: Int, chunk: Range<Int>, completed: Int, nanoseconds: Int = 0, resident: Int? = nil
  ) -> Range<Int> {
    precondition((0...chunk.count).contains(completed), "\(completed) of \(chunk) completed")
    let held = letGo(chunk, by: rank)
    let end = held.isLate ? chunk.upperBound - 1 : chunk.upperBound
    self.completed += min(completed, end - chunk.lowerBound)
    if let resident { _ = workers.change(rank) { $0.measured(latency: now - held.since - resident) } }
    // One that was late says more of itself than of the others.
    if nanoseconds > 0, completed > 0, !held.isLate {
      times.add(nanoseconds: nanoseconds, items: completed)
      _ = workers.change(rank) { $0.times.add(nanoseconds: nanoseconds, items: completed) }
      known = max(known, completed)
    }
    wait(min(chunk.lowerBound + completed, end)..<end, isQuarantined: held.isQuarantined)
    // What is tried again is a chunk by itself.
    if chunk.count == 1, completed == 1, !held.isLate { retries.settle(chunk.lowerBound) }
    enqueue(rank)
    return chunk.lowerBound..<min(chunk.lowerBound + completed, end)
  }

  /// The item at `index` of an assignment can't be sent, and is not tried again: what stands below it in the chunk was
  /// sent, what stands above wasn't.
  package mutating func failedToSend(rank: Int, chunk: Range<Int>, index: Int) {
    precondition(chunk.contains(index), "item \(index) isn't in \(chunk)")
    requeue(index..<chunk.upperBound, but: 1, by: rank)
    completed += 1
    retries.settle(index)
    if failuresDecide { lowerBound(to: index) }
    enqueue(rank)
  }

  /// A rank that was asked to has given back these ends of its chunks; none where it has begun everything. What comes from
  /// a rank that wasn't asked was on its way when the map that asked had ended, and is nothing; but for what stands behind
  /// an item that is late.
  ///
  /// - Returns: whether it is something.
  @discardableResult
  package mutating func returned(rank: Int, ranges: [Range<Int>], behindLate: Bool = false) -> Bool {
    var hasMore = !ranges.isEmpty
    if !behindLate {
      guard let worker = workers[rank], worker.isAsked else { return false }
      if worker.gotMore { hasMore = true }
      _ = workers.change(rank) { $0.isAsked = false }
    }
    for range in ranges { requeue(range, by: rank) }
    if hasMore { enqueueCallable(rank) }
    enqueue(rank)
    return true
  }

  /// A rank is gone, and what it held is for others.
  package mutating func gone(rank: Int) {
    guard let worker = workers.remove(rank) else { return }
    for held in worker.held {
      // The fate of one that was late is known.
      wait(held.isLate ? held.chunk.dropLast() : held.chunk, isQuarantined: held.isQuarantined)
    }
  }

  /// Whom to give what, now; nil when there is nothing to hand out or nobody who should have it.
  package mutating func nextAssignment() -> Assignment? {
    guard !isStopped, remaining > 0 || !quarantine.isEmpty else { return nil }
    // Few ranks have nothing that they may be given: the one on which all failed that is to be tried again, those that are
    // still at these items, and where only suspects are left rank 0, and who holds anything.
    var passedOver: [Int] = []
    defer { for rank in passedOver { enqueue(rank) } }
    while let rank = idle.popFirst().map(Int.init) {
      workers.set(\.isInIdle, of: rank, to: false)
      guard let worker = workers[rank], worker.idleThreads > 0 else { continue }
      // Its loss would leave no witness of what it was at.
      if worker.held.isEmpty, rank != unwitnessed || workers.count == 1, let quarantined = quarantine.takeLowest(1) {
        return give(quarantined, to: rank, isQuarantined: true)
      }
      if mayGive(to: rank) { return assign(to: rank, retry: takeRetry(for: rank)) }
      passedOver.append(rank)
    }
    // The last items are left for whoever is free first. Where only such are left as are to be tried again, none waits on a
    // rank: called back for one on which it failed, it would go there again, and so on.
    guard remaining > workers.threads, unstarted.count > 0 else { return nil }
    while let rank = ahead.popFirst().map(Int.init) {
      workers.set(\.isInAhead, of: rank, to: false)
      if hasRoomAhead(rank) { return assign(to: rank, retry: takeRetry(for: rank)) }
    }
    return nil
  }

  /// Whether an item is tried again where it failed, as there is no other rank that could: one that asks for work can.
  private var isAlone: Bool { workers.able <= 1 }

  private func mayGive(to rank: Int) -> Bool {
    unstarted.count > 0 || retries.hasOne(for: rank, isAlone: isAlone, butNot: workers[rank]?.lateItems ?? [])
  }

  private func hasRoomAhead(_ rank: Int) -> Bool {
    workers[rank].map { $0.hasRoomAhead(item: $0.times.mean ?? times.mean) } ?? false
  }

  /// Nanoseconds around the time at which a rank should be done in which it isn't worth asking.
  private static let soon = -100_000.0..<50_000.0

  /// Which rank to ask for what it hasn't begun; nil when nobody is waiting for it. To be asked when there is no assignment
  /// any more, and again as time goes on.
  package mutating func nextRecall() -> Int? {
    // Where a thread is idle though items are to be tried again, they failed on its rank, and it gets others. Quarantine that
    // wait don't count: a rank that could take one has it by now, and has no idle thread. One that is idle all the same may
    // take none, or none yet, as it holds something: nothing but what others hold keeps it at work.
    guard !isStopped, unstarted.count == 0, workers.asked < workers.idleThreads else { return nil }
    var passedOver = 0
    // Each is looked at once for each time that it was put there, but for those that are to be looked at later.
    while passedOver < 4, let rank = callable.popFirst().map(Int.init) {
      workers.set(\.isInCallable, of: rank, to: false)
      guard let worker = workers[rank], !worker.isAsked, worker.mayHaveMore(unit: sizes.rule.unit) else {
        continue
      }
      if let left = worker.timeLeft(item: worker.times.mean ?? times.mean, at: now), Scheduler.soon.contains(left) {
        enqueueCallable(rank)
        passedOver += 1
        continue
      }
      _ = workers.change(rank) { $0.ask() }
      return rank
    }
    return nil
  }

  /// Items that should be begun and are held by nobody, but for suspects.
  private var remaining: Int { unstarted.count + retries.count }

  private mutating func takeRetry(for rank: Int) -> Int? {
    guard retries.count > 0 else { return nil }
    return retries.takeOne(for: rank, isAlone: isAlone, butNot: workers[rank]?.lateItems ?? [])
  }

  private mutating func assign(to rank: Int, retry: Int?) -> Assignment {
    if let retry { return give(retry..<(retry + 1), to: rank) }
    let time = workers[rank]?.times.mean ?? times.mean
    let weight = if let mean = times.mean, let time, time > 0 { mean / time } else { 1.0 }
    let size = sizes.size(
      remaining: unstarted.count, threads: workers.threads, time: time, weight: weight, known: known)
    return give(unstarted.takeLowest(size), to: rank)
  }

  private mutating func give(_ chunk: Range<Int>, to rank: Int, isQuarantined: Bool = false) -> Assignment {
    _ = workers.change(rank) { $0.take(chunk, at: now, isQuarantined: isQuarantined) }
    enqueue(rank)
    enqueueCallable(rank)
    return Assignment(rank: rank, chunk: chunk)
  }

  private mutating func lowerBound(to index: Int) {
    guard index < bound else { return }
    unstarted.limit(to: index)
    quarantine.limit(to: index)
    retries.limit(to: index)
  }

  /// Not begun, or nobody knows how far, and held by nobody any more.
  private mutating func wait(_ range: Range<Int>, isQuarantined: Bool) {
    let range = range.clamped(to: 0..<bound)
    if isQuarantined { return quarantine.insert(range) }
    if range.count == 1, retries.wait(range.lowerBound) { return }
    unstarted.insert(range)
  }

  private mutating func letGo(_ chunk: Range<Int>, by rank: Int) -> Worker.Held {
    let held = workers.change(rank) { worker in
      worker.heardAt = now
      return worker.letGo(from: chunk.lowerBound)
    }
    guard let held = held ?? nil, held.chunk == chunk else {
      preconditionFailure("rank \(rank) gave back \(chunk), which it doesn't hold")
    }
    return held
  }

  /// The end of a chunk is held no more; its first `done` items are done all the same.
  private mutating func requeue(_ range: Range<Int>, but done: Int = 0, by rank: Int) {
    let isQuarantined = workers[rank]?.holdsQuarantined == true
    guard workers.change(rank, { $0.letGo(end: range) }) == true else {
      preconditionFailure("rank \(rank) gave back \(range), which isn't the end of a chunk that it holds")
    }
    wait(range.dropFirst(done), isQuarantined: isQuarantined)
  }

  private mutating func enqueue(_ rank: Int) {
    guard let worker = workers[rank] else { return }
    if worker.idleThreads > 0 {
      if !worker.isInIdle {
        workers.set(\.isInIdle, of: rank, to: true)
        idle.append(Int32(rank))
      }
    } else if !worker.isInAhead, hasRoomAhead(rank) {
      workers.set(\.isInAhead, of: rank, to: true)
      ahead.append(Int32(rank))
    }
  }

  private mutating func enqueueCallable(_ rank: Int) {
    guard let worker = workers[rank], !worker.isInCallable, worker.mayHaveMore(unit: sizes.rule.unit) else {
      return
    }
    workers.set(\.isInCallable, of: rank, to: true)
    callable.append(Int32(rank))
  }
}
