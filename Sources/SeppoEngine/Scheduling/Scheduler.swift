/// Assigns the items of one map to ranks, and decides when the map is finished.
///
/// It is a pure state machine: the caller reports what happened (`joined`, `failed`, `overdue`, `returned`, `lost`) and
/// the time (`advance`), and asks what to do (`nextAssignment`, `nextRecall`). It knows nothing about messages or
/// clocks. The number of items may grow until it is closed.
///
/// At any time, each item is in one of these states: unstarted (or waiting to be retried), held by exactly one rank,
/// done (computed, or failed permanently), or given up because an item below it failed. The exception is an overdue
/// item: its outcome is known and it may be retried elsewhere while the rank that computes it still holds it.
///
/// Each compute thread holds one chunk, and its rank prefetches one more chunk per thread, or as many as it takes to
/// hide the latency of messages. At the end, when fewer items remain than there are threads, no rank prefetches. When
/// nothing remains, a rank with an idle thread gets half of another rank's unstarted items: they are recalled.
///
/// Items that an earlier job has completed are done from the start. Items that were in flight when such a job died are
/// quarantined: each is assigned by itself to a rank that holds nothing, which gets nothing else until the item
/// returns. If that rank dies too, the item is known to be the cause. Quarantined items are assigned first, so that a
/// fatal one does its damage before many other items are in flight.
package struct Scheduler: Sendable {
  /// The number of items so far.
  package private(set) var count = 0
  /// Items at or above this index are not started any more: the lowest failed item, or the one after the item that
  /// decides the call; otherwise `count`.
  package var bound: Int { unstarted.bound }
  /// The number of items that are done.
  package private(set) var completed = 0
  /// The number of items that will probably be added while the present ones are computed. Chunks are sized as if they were
  /// there.
  package var expected = 0

  private let sizes: ChunkSizes
  /// The time per item on all ranks, and the size of the largest chunk that was measured.
  private var times: ItemTimes
  private var largestMeasured: Int
  private var now = 0
  private var unstarted = UnstartedItems()
  /// Items that wait in quarantine, each a range of its own.
  private var quarantine = RangeHeap()
  private var retries: Retries
  package private(set) var isStopped = false
  /// Whether a permanent failure ends the map, so that no item above it is started.
  private let failsFast: Bool
  /// Whether no more items will be added.
  private var isClosed: Bool
  /// The rank that is never assigned a quarantined item if there are others: if it dies, no process is left to report
  /// the item.
  private let quarantineExempt: Int?
  /// The rank that gets items before others if it has an idle thread, because it needs no message.
  private let nearest: Int?
  private var workers: Workers
  private var idle = Queue<Int32>()
  private var prefetching = Queue<Int32>()
  private var recallable = Queue<Int32>()

  /// - Parameters:
  ///   - count: the number of items, 0 or more.
  ///   - ranks: the number of ranks that may join, 1 or more.
  ///   - largest: the maximum number of items in a chunk, unless the rule asks for more.
  ///   - retries: the maximum number of retries for a failed item.
  ///   - failsFast: whether the lowest failed item ends the map; otherwise all others are computed.
  ///   - isClosed: whether `count` is final; otherwise `add` adds items until `close`.
  ///   - quarantineExempt: the rank that is never assigned a quarantined item if there are others, as its loss ends the
  ///     job.
  ///   - nearest: the rank that gets items before others, if any.
  ///   - calibration: the measurements of an earlier map of the same kind.
  ///   - done: items that are done from the start, as disjoint ranges in ascending order.
  ///   - quarantine: quarantined items in ascending order, none of them done.
  package init(
    count: Int, ranks: Int, rule: ChunkRule, largest: Int = 1 << 30, retries: Int = 0, failsFast: Bool = true,
    isClosed: Bool = true, quarantineExempt: Int? = 0, nearest: Int? = nil, calibration: Calibration? = nil,
    done: [Range<Int>] = [],
    quarantine quarantined: [Int] = []
  ) {
    self.retries = Retries(maximum: retries)
    self.failsFast = failsFast
    self.isClosed = isClosed
    self.quarantineExempt = quarantineExempt
    self.nearest = nearest
    sizes = ChunkSizes(rule: rule, largest: max(1, largest))
    times = calibration?.times ?? ItemTimes()
    largestMeasured = calibration?.largestMeasured ?? 0
    workers = Workers(ranks)
    append(count, done: done, quarantine: quarantined)
  }

  /// Whether no rank holds a chunk and no item is left to start.
  package var isFinished: Bool {
    holdsNothing && remaining == 0 && quarantine.isEmpty && (isClosed || unstarted.isLimited)
  }

  /// Adds items after the existing ones.
  ///
  /// - Parameters:
  ///   - done: those of them that are done from the start, as disjoint ranges in ascending order.
  ///   - quarantine: those that are quarantined, in ascending order, none of them done.
  package mutating func add(_ more: Int, done: [Range<Int>] = [], quarantine: [Int] = []) {
    precondition(!isClosed && more >= 0, "\(more) items were added after the last one")
    append(more, done: done, quarantine: quarantine)
  }

  private mutating func append(_ more: Int, done: [Range<Int>], quarantine quarantined: [Int]) {
    count += more
    unstarted.add(more, done: done, quarantine: quarantined)
    completed += done.reduce(0) { $0 + $1.count }
    for index in quarantined { quarantine.insert(index..<(index + 1)) }
  }

  /// No more items will be added.
  package mutating func close() { isClosed = true }

  /// The number of additional items that could be used now: two chunks for each compute thread.
  package var demand: Int {
    if isClosed || isStopped || unstarted.isLimited { return 0 }
    let size = times.mean.map { Int(min(ChunkSizes.targetTime / max($0, 1), Double(sizes.largest))) } ?? 1
    return max(0, 2 * workers.threads * max(size, sizes.rule.unit) - unstarted.count)
  }

  /// Whether no rank holds a chunk.
  package var holdsNothing: Bool { workers.held == 0 }

  /// Whether all held items are overdue and no rank can take the remaining ones, so that the map can't continue until
  /// an overdue item finishes. If nothing remains but more items may be added, the map isn't stuck.
  package var isStuck: Bool {
    workers.held > 0 && workers.held == workers.overdue
      && (isClosed || unstarted.isLimited || remaining > 0 || !quarantine.isEmpty)
  }

  /// Whether only quarantined items are left and only the exempt rank of several is available, so that the map can't
  /// finish.
  package var isStranded: Bool {
    holdsNothing && remaining == 0 && !quarantine.isEmpty && workers.count > 1 && quarantineExempt != nil
      && isOnlyAvailable
  }

  /// The measured times, for the next map of the same kind; nil if nothing was measured.
  package var calibration: Calibration? {
    largestMeasured > 0 ? Calibration(times: times, largestMeasured: largestMeasured) : nil
  }

  /// The number of entries in the data structures, not counting one per rank. It is proportional to the held chunks,
  /// the failed items without an outcome, and the gaps left by items that were done or quarantined from the start.
  package var footprint: Int {
    idle.footprint + prefetching.footprint + recallable.footprint + unstarted.footprint + quarantine.footprint
      + retries.footprint
      + workers.held
  }

  /// Returns whether the rank has joined.
  package func hasJoined(_ rank: Int) -> Bool { workers[rank] != nil }

  /// Returns the chunks that a rank holds, in the order of their assignment.
  package func held(by rank: Int) -> [Range<Int>] { workers[rank]?.held.map(\.chunk) ?? [] }

  /// Advances the time, in nanoseconds since any fixed moment.
  package mutating func advance(to now: Int) { self.now = max(self.now, now) }

  /// Records an item that failed permanently in an earlier job and is neither done nor quarantined. Call it before the
  /// first assignment.
  package mutating func failedBefore(index: Int) {
    completed += 1
    if failsFast { limit(to: index) } else { unstarted.remove(index) }
  }

  /// Stops all assignments and recalls: the job ends early. Held chunks are returned as usual, most of them unstarted.
  package mutating func stop() { isStopped = true }

  /// Assigns no more items above this one, which is done.
  package mutating func decided(by index: Int) { limit(to: index + 1) }

  /// Assigns no more items. The map is finished when all held chunks have been returned.
  package mutating func refuse() {
    limit(to: 0)
    unstarted.limit(to: 0)
  }

  /// Adds a rank with this number of compute threads.
  package mutating func joined(rank: Int, threads: Int) {
    workers.join(rank, threads: max(1, threads))
    enqueue(rank)
  }

  /// Records the failure of an item in a chunk that the rank holds. Call it before the chunk is returned.
  package mutating func failed(rank: Int, index: Int) -> Verdict {
    if workers[rank]?.isOverdue(index) == true { return .alreadyKnown }
    let verdict = judge(index, on: rank)
    // `returned` counts the item now, and again after the retry.
    if verdict == .retry { completed -= 1 }
    return verdict
  }

  /// Records that an item is overdue on a rank that is still computing it: that is its failure. The items above it in
  /// its chunk must have been returned, and nothing may wait behind it on the rank.
  package mutating func overdue(rank: Int, index: Int) -> Verdict {
    let idleBefore = workers[rank]?.idleThreads ?? 0
    guard workers.change(rank, { $0.markOverdue(index) }) == true else { return .alreadyKnown }
    // If the item was quarantined, the rank's other threads are free now.
    if let idle = workers[rank]?.idleThreads, idle > idleBefore { enqueue(rank) }
    let verdict = judge(index, on: rank)
    // Count the item now or after a retry: its chunk may never be returned.
    if verdict != .retry { completed += 1 }
    return verdict
  }

  private mutating func judge(_ index: Int, on rank: Int) -> Verdict {
    // An item below it has failed since it was started.
    guard index < bound else { return .alreadyKnown }
    guard let tries = retries.fail(index, on: rank) else { return .retry }
    if failsFast { limit(to: index) }
    return .failed(tries: tries)
  }

  /// Takes back a chunk. Its first `completed` items are computed or reported as failed; the others were not started.
  ///
  /// - Parameters:
  ///   - nanoseconds: the computing time; 0 if unknown.
  ///   - resident: the time from the chunk's arrival at the rank to the sending of its results, in nanoseconds; nil if
  ///     unknown.
  /// - Returns: the items that are completed by this return, without an overdue one.
  @discardableResult
  package mutating func returned(
    rank: Int, chunk: Range<Int>, completed: Int, nanoseconds: Int = 0, resident: Int? = nil
  ) -> Range<Int> {
    precondition((0...chunk.count).contains(completed), "\(completed) of \(chunk) completed")
    let held = release(chunk, by: rank)
    let end = held.isOverdue ? chunk.upperBound - 1 : chunk.upperBound
    self.completed += min(completed, end - chunk.lowerBound)
    if let resident { _ = workers.change(rank) { $0.record(latency: now - held.since - resident) } }
    // The time of an overdue item isn't representative.
    if nanoseconds > 0, completed > 0, !held.isOverdue {
      times.add(nanoseconds: nanoseconds, items: completed)
      _ = workers.change(rank) { $0.times.add(nanoseconds: nanoseconds, items: completed) }
      largestMeasured = max(largestMeasured, completed)
    }
    putBack(min(chunk.lowerBound + completed, end)..<end, isQuarantined: held.isQuarantined)
    // A retried item is a chunk of its own.
    if chunk.count == 1, completed == 1, !held.isOverdue { retries.settle(chunk.lowerBound) }
    enqueue(rank)
    return chunk.lowerBound..<min(chunk.lowerBound + completed, end)
  }

  /// Records that the item at `index` of an assignment can't be sent and is not retried. The items below it in the
  /// chunk were sent; those above it were not.
  package mutating func failedToSend(rank: Int, chunk: Range<Int>, index: Int) {
    precondition(chunk.contains(index), "item \(index) isn't in \(chunk)")
    takeBackEnd(index..<chunk.upperBound, done: 1, by: rank)
    completed += 1
    retries.settle(index)
    if failsFast { limit(to: index) }
    enqueue(rank)
  }

  /// Takes back the ends of chunks that a rank returns after a recall; none if it has started everything. A reply that
  /// this map hasn't asked for belongs to the previous map and is ignored, unless the items were behind an overdue one.
  ///
  /// - Returns: whether the ranges were taken back.
  @discardableResult
  package mutating func returned(rank: Int, ranges: [Range<Int>], behindOverdue: Bool = false) -> Bool {
    var hasMore = !ranges.isEmpty
    if !behindOverdue {
      guard let worker = workers[rank], worker.isRecallPending else { return false }
      if worker.gotChunkSinceRecall { hasMore = true }
      _ = workers.change(rank) { $0.isRecallPending = false }
    }
    for range in ranges { takeBackEnd(range, by: rank) }
    if hasMore { enqueueRecallable(rank) }
    enqueue(rank)
    return true
  }

  /// Removes a lost rank. The items it held go to others.
  package mutating func lost(rank: Int) {
    guard let worker = workers.remove(rank) else { return }
    for held in worker.held {
      // The outcome of an overdue item is known.
      putBack(held.isOverdue ? held.chunk.dropLast() : held.chunk, isQuarantined: held.isQuarantined)
    }
  }

  /// Returns the next assignment; nil if there is nothing to assign or no rank that should get it.
  package mutating func nextAssignment() -> Assignment? {
    guard !isStopped, remaining > 0 || !quarantine.isEmpty else { return nil }
    // Few ranks are skipped: the rank on which all items to be retried failed, ranks that still compute such items,
    // and, if only quarantined items are left, the exempt rank and ranks that hold a chunk.
    var skipped: [Int] = []
    defer { for rank in skipped { enqueue(rank) } }
    if let nearest, let worker = workers[nearest], worker.idleThreads > 0, quarantine.isEmpty, hasItems(for: nearest) {
      return assign(to: nearest, retry: takeRetry(for: nearest))
    }
    while let rank = idle.popFirst().map(Int.init) {
      workers.set(\.isInIdle, of: rank, to: false)
      guard let worker = workers[rank], worker.idleThreads > 0 else { continue }
      // If the exempt rank died, the item that killed it would never be known.
      if worker.held.isEmpty, rank != quarantineExempt || workers.count == 1, let quarantined = quarantine.takeLowest(1)
      {
        return assign(quarantined, to: rank, isQuarantined: true)
      }
      if hasItems(for: rank) { return assign(to: rank, retry: takeRetry(for: rank)) }
      skipped.append(rank)
    }
    // The last items are not prefetched but left to the first free thread. If only items to be retried are left, they
    // are not prefetched either: recalled for a rank on which they failed, they would return to the same rank, again
    // and again.
    guard remaining > workers.threads, unstarted.count > 0 else { return nil }
    while let rank = prefetching.popFirst().map(Int.init) {
      workers.set(\.isInPrefetch, of: rank, to: false)
      if canPrefetch(rank) { return assign(to: rank, retry: takeRetry(for: rank)) }
    }
    return nil
  }

  /// Whether an item may be retried on the rank on which it failed, because only one rank is available: the one that
  /// asks.
  private var isOnlyAvailable: Bool { workers.available <= 1 }

  private func hasItems(for rank: Int) -> Bool {
    unstarted.count > 0
      || retries.hasItem(for: rank, isOnlyAvailable: isOnlyAvailable, excluding: workers[rank]?.overdueItems ?? [])
  }

  private func canPrefetch(_ rank: Int) -> Bool {
    workers[rank].map { $0.canPrefetch(item: $0.times.mean ?? times.mean) } ?? false
  }

  /// A rank whose estimated remaining time is in this range, in nanoseconds, is about to finish and isn't worth a
  /// recall.
  private static let nearlyDone = -100_000.0..<50_000.0

  /// Returns the next rank to recall unstarted items from; nil if no rank is waiting for them. Call it when there is no
  /// assignment left, and again as time passes.
  package mutating func nextRecall() -> Int? {
    // If a thread is idle although items wait to be retried, these items failed on its rank, so it needs others.
    // Quarantined items don't count: a rank that could take one has it by now. An idle rank that may take none, or none
    // yet because it holds a chunk, can only get items that others hold.
    guard !isStopped, unstarted.count == 0, workers.pendingRecalls < workers.idleThreads else { return nil }
    var skipped = 0
    // Each entry in the queue is examined once; a rank that is about to finish is queued again.
    while skipped < 4, let rank = recallable.popFirst().map(Int.init) {
      workers.set(\.isInRecallable, of: rank, to: false)
      guard let worker = workers[rank], !worker.isRecallPending, worker.mayHaveUnstarted(unit: sizes.rule.unit) else {
        continue
      }
      if let left = worker.timeLeft(item: worker.times.mean ?? times.mean, at: now), Scheduler.nearlyDone.contains(left)
      {
        enqueueRecallable(rank)
        skipped += 1
        continue
      }
      _ = workers.change(rank) { $0.recall() }
      return rank
    }
    return nil
  }

  /// The number of items that are to be started and not held, without quarantined ones.
  private var remaining: Int { unstarted.count + retries.count }

  private mutating func takeRetry(for rank: Int) -> Int? {
    guard retries.count > 0 else { return nil }
    return retries.takeItem(for: rank, isOnlyAvailable: isOnlyAvailable, excluding: workers[rank]?.overdueItems ?? [])
  }

  private mutating func assign(to rank: Int, retry: Int?) -> Assignment {
    if let retry { return assign(retry..<(retry + 1), to: rank) }
    let time = workers[rank]?.times.mean ?? times.mean
    let weight = if let mean = times.mean, let time, time > 0 { mean / time } else { 1.0 }
    let size = sizes.size(
      remaining: unstarted.count + (isClosed ? 0 : expected), threads: workers.threads, time: time, weight: weight,
      largestMeasured: largestMeasured)
    return assign(unstarted.takeLowest(min(size, unstarted.count)), to: rank)
  }

  private mutating func assign(_ chunk: Range<Int>, to rank: Int, isQuarantined: Bool = false) -> Assignment {
    _ = workers.change(rank) { $0.take(chunk, at: now, isQuarantined: isQuarantined) }
    enqueue(rank)
    enqueueRecallable(rank)
    return Assignment(rank: rank, chunk: chunk)
  }

  private mutating func limit(to index: Int) {
    guard index <= bound else { return }
    unstarted.limit(to: index)
    quarantine.limit(to: index)
    retries.limit(to: index)
  }

  /// Puts back items that no rank holds any more and that are unstarted or in an unknown state.
  private mutating func putBack(_ range: Range<Int>, isQuarantined: Bool) {
    let range = range.clamped(to: 0..<bound)
    if isQuarantined { return quarantine.insert(range) }
    if range.count == 1, retries.putBack(range.lowerBound) { return }
    unstarted.insert(range)
  }

  private mutating func release(_ chunk: Range<Int>, by rank: Int) -> Worker.HeldChunk {
    let held = workers.change(rank) { worker in
      worker.lastReportTime = now
      return worker.release(from: chunk.lowerBound)
    }
    guard let held = held ?? nil, held.chunk == chunk else {
      preconditionFailure("rank \(rank) returned \(chunk), which it doesn't hold")
    }
    return held
  }

  /// Takes the end of a chunk from the rank. Its first `done` items are done.
  private mutating func takeBackEnd(_ range: Range<Int>, done: Int = 0, by rank: Int) {
    let isQuarantined = workers[rank]?.holdsQuarantined == true
    guard workers.change(rank, { $0.release(end: range) }) == true else {
      preconditionFailure("rank \(rank) returned \(range), which isn't the end of a chunk that it holds")
    }
    putBack(range.dropFirst(done), isQuarantined: isQuarantined)
  }

  private mutating func enqueue(_ rank: Int) {
    guard let worker = workers[rank] else { return }
    if worker.idleThreads > 0 {
      if !worker.isInIdle {
        workers.set(\.isInIdle, of: rank, to: true)
        idle.append(Int32(rank))
      }
    } else if !worker.isInPrefetch, canPrefetch(rank) {
      workers.set(\.isInPrefetch, of: rank, to: true)
      prefetching.append(Int32(rank))
    }
  }

  private mutating func enqueueRecallable(_ rank: Int) {
    guard let worker = workers[rank], !worker.isInRecallable, worker.mayHaveUnstarted(unit: sizes.rule.unit) else {
      return
    }
    workers.set(\.isInRecallable, of: rank, to: true)
    recallable.append(Int32(rank))
  }
}
