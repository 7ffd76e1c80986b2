/// Which rank gets which items of one map, and when the map is done.
///
/// A pure state machine: it is told what happened (`joined`, `returned`, `threw`, `gaveBack`, `gone`) and what time it is
/// (`advance`), and asked what to do (`nextAssignment`, `nextCallBack`). It knows neither how bytes move nor any clock.
///
/// Each index is at any moment one of: not begun, held by exactly one rank, done, or given up because an item below
/// threw. Each compute thread holds a chunk, and its rank one more for each thread ahead of that, so that the latency
/// of a message hides behind work. At the end, when fewer items remain than threads would wait for, nobody hoards; and
/// when nothing remains, a rank with a free thread gets half of what another holds and hasn't begun: that is called back.
package struct MapScheduler: Sendable {
  /// A chunk for a rank.
  package struct Assignment: Sendable, Equatable {
    package let rank: Int
    package let chunk: Range<Int>

    package init(rank: Int, chunk: Range<Int>) {
      self.rank = rank
      self.chunk = chunk
    }
  }

  /// How many items there are.
  package let count: Int
  /// Items at or above this index are not begun any more: the lowest index that failed, `count` while none did.
  package private(set) var bound: Int
  /// How many items came back computed.
  package private(set) var completed = 0

  private let sizes: ChunkSizes
  /// What items take, on all ranks, and the largest chunk of which that is known.
  private var times: ItemTimes
  private var known: Int
  private var now = 0
  /// The first index that was never handed out.
  private var next = 0
  /// Handed out once, and come back not begun.
  private var handedBack = RangeHeap()
  private var workers: [Worker?]
  private var chunksHeld = 0
  /// Compute threads of the ranks that joined, and one for each that may still.
  private var threads: Int
  private var idleThreads = 0
  /// Ranks that were asked to give back, and have not answered.
  private var asked = 0
  private var idle = Queue<Int32>()
  private var ahead = Queue<Int32>()
  private var callable = Queue<Int32>()

  /// - Parameters:
  ///   - count: items, 0 or more.
  ///   - ranks: how many ranks may join, 1 or more.
  ///   - largest: no chunk has more items, except where the rule asks for it.
  ///   - learnt: what an earlier map of the same kind has learnt.
  package init(count: Int, ranks: Int, rule: ChunkRule, largest: Int = 1 << 30, learnt: Learnt? = nil) {
    self.count = count
    bound = count
    sizes = ChunkSizes(rule: rule, largest: max(1, largest))
    times = learnt?.times ?? ItemTimes()
    known = learnt?.known ?? 0
    workers = Array(repeating: nil, count: ranks)
    threads = ranks
  }

  /// Nothing is held by anyone, and nothing is left that should be begun.
  package var isFinished: Bool { chunksHeld == 0 && remaining == 0 }

  /// What has been found of the items' times, for the next map of the same kind; nil where nothing was.
  package var learnt: Learnt? { known > 0 ? Learnt(times: times, known: known) : nil }

  /// The chunks that a rank holds, in the order in which it got them.
  package func held(by rank: Int) -> [Range<Int>] { workers[rank]?.held ?? [] }

  /// Time goes on: nanoseconds since any fixed moment.
  package mutating func advance(to now: Int) { self.now = max(self.now, now) }

  /// A rank takes part from now on, with so many compute threads.
  package mutating func joined(rank: Int, threads: Int) {
    precondition(workers[rank] == nil, "rank \(rank) joined twice")
    let threads = max(1, threads)
    self.threads += threads - 1
    workers[rank] = Worker(threads: threads)
    idleThreads += threads
    enqueue(rank)
  }

  /// A chunk came back: its first `completed` items are computed, in so many nanoseconds, the others were not begun.
  package mutating func returned(rank: Int, chunk: Range<Int>, completed: Int, nanoseconds: Int = 0) {
    precondition((0...chunk.count).contains(completed), "\(completed) of \(chunk) completed")
    letGo(chunk, by: rank)
    self.completed += completed
    if nanoseconds > 0, completed > 0 {
      times.add(nanoseconds: nanoseconds, items: completed)
      workers[rank]?.times.add(nanoseconds: nanoseconds, items: completed)
      known = max(known, completed)
    }
    wait((chunk.lowerBound + completed)..<chunk.upperBound)
    enqueue(rank)
  }

  /// The item at `index` of a chunk threw; those of the chunk below it are computed, those above not begun.
  package mutating func threw(rank: Int, chunk: Range<Int>, index: Int) {
    precondition(chunk.contains(index), "item \(index) isn't in \(chunk)")
    letGo(chunk, by: rank)
    completed += index - chunk.lowerBound
    lowerBound(to: index)
    enqueue(rank)
  }

  /// The item at `index` of an assignment can't be sent: what stands below it in the chunk is, the others aren't.
  package mutating func failedToSend(rank: Int, chunk: Range<Int>, index: Int) {
    precondition(chunk.contains(index), "item \(index) isn't in \(chunk)")
    handBack(index..<chunk.upperBound, by: rank)
    lowerBound(to: index)
    enqueue(rank)
  }

  /// A rank that was asked to has given back these ends of its chunks; none where it has begun everything. What comes from
  /// a rank that wasn't asked was on its way when the map that asked had ended, and is nothing.
  package mutating func gaveBack(rank: Int, ranges: [Range<Int>]) {
    guard workers[rank]?.isAsked == true else { return }
    workers[rank]?.isAsked = false
    asked -= 1
    for range in ranges { handBack(range, by: rank) }
    if !ranges.isEmpty { enqueueCallable(rank) }
    enqueue(rank)
  }

  /// A rank is gone, and what it held is for others.
  package mutating func gone(rank: Int) {
    guard let worker = workers[rank] else {
      threads = max(1, threads - 1)
      return
    }
    threads = max(1, threads - worker.threads)
    idleThreads -= worker.idleThreads
    chunksHeld -= worker.held.count
    if worker.isAsked { asked -= 1 }
    for chunk in worker.held { wait(chunk) }
    workers[rank] = nil
  }

  /// Whom to give what, now; nil when there is nothing to hand out or nobody who should have it.
  package mutating func nextAssignment() -> Assignment? {
    guard remaining > 0 else { return nil }
    while let rank = idle.popFirst().map(Int.init) {
      workers[rank]?.isInIdle = false
      if workers[rank]?.hasIdleThread == true { return assign(to: rank) }
    }
    // The last items are left for whoever is free first.
    guard remaining > threads else { return nil }
    while let rank = ahead.popFirst().map(Int.init) {
      workers[rank]?.isInAhead = false
      if workers[rank]?.hasRoomAhead == true { return assign(to: rank) }
    }
    return nil
  }

  /// Nanoseconds around the time at which a rank should be done in which it isn't worth asking.
  private static let soon = -100_000.0..<50_000.0

  /// Which rank to ask for what it hasn't begun; nil when nobody is waiting for it. To be asked again as time goes on.
  package mutating func nextCallBack() -> Int? {
    guard remaining == 0, asked < idleThreads else { return nil }
    var passedOver = 0
    // Each is looked at once for each time that it was put there, but for those that are to be looked at later.
    while passedOver < 4, let rank = callable.popFirst().map(Int.init) {
      workers[rank]?.isInCallable = false
      guard let worker = workers[rank], !worker.isAsked, worker.mayHaveMore(unit: sizes.rule.unit) else {
        continue
      }
      if let left = worker.timeLeft(item: worker.times.mean ?? times.mean, at: now), MapScheduler.soon.contains(left) {
        enqueueCallable(rank)
        passedOver += 1
        continue
      }
      workers[rank]?.isAsked = true
      asked += 1
      return rank
    }
    return nil
  }

  /// Items that should be begun and are held by nobody.
  private var remaining: Int { max(0, bound - next) + handedBack.total }

  private mutating func assign(to rank: Int) -> Assignment {
    let time = workers[rank]?.times.mean ?? times.mean
    let weight = if let mean = times.mean, let time, time > 0 { mean / time } else { 1.0 }
    let size = sizes.size(remaining: remaining, threads: threads, time: time, weight: weight, known: known)
    let chunk = takeChunk(of: size)
    if workers[rank]?.hasIdleThread == true { idleThreads -= 1 }
    workers[rank]?.take(chunk, at: now)
    chunksHeld += 1
    enqueue(rank)
    enqueueCallable(rank)
    return Assignment(rank: rank, chunk: chunk)
  }

  /// The lowest items first: an error among them then decides soonest.
  private mutating func takeChunk(of size: Int) -> Range<Int> {
    if let chunk = handedBack.takeLowest(size) { return chunk }
    let chunk = next..<min(next + size, bound)
    next = chunk.upperBound
    return chunk
  }

  private mutating func lowerBound(to index: Int) {
    guard index < bound else { return }
    bound = index
    handedBack.limit(to: index)
  }

  /// Not begun, and held by nobody any more.
  private mutating func wait(_ range: Range<Int>) { handedBack.insert(range.clamped(to: 0..<bound)) }

  private mutating func letGo(_ chunk: Range<Int>, by rank: Int) {
    let idleBefore = workers[rank]?.idleThreads ?? 0
    guard workers[rank]?.letGo(from: chunk.lowerBound) == chunk else {
      preconditionFailure("rank \(rank) gave back \(chunk), which it doesn't hold")
    }
    idleThreads += (workers[rank]?.idleThreads ?? 0) - idleBefore
    workers[rank]?.heardAt = now
    chunksHeld -= 1
  }

  private mutating func handBack(_ range: Range<Int>, by rank: Int) {
    let idleBefore = workers[rank]?.idleThreads ?? 0
    let chunksBefore = workers[rank]?.held.count ?? 0
    guard workers[rank]?.letGo(end: range) == true else {
      preconditionFailure("rank \(rank) gave back \(range), which isn't the end of a chunk that it holds")
    }
    idleThreads += (workers[rank]?.idleThreads ?? 0) - idleBefore
    chunksHeld += (workers[rank]?.held.count ?? 0) - chunksBefore
    wait(range)
  }

  private mutating func enqueue(_ rank: Int) {
    guard let worker = workers[rank] else { return }
    if worker.idleThreads > 0 {
      if !worker.isInIdle {
        workers[rank]?.isInIdle = true
        idle.append(Int32(rank))
      }
    } else if worker.hasRoomAhead, !worker.isInAhead {
      workers[rank]?.isInAhead = true
      ahead.append(Int32(rank))
    }
  }

  private mutating func enqueueCallable(_ rank: Int) {
    guard let worker = workers[rank], !worker.isInCallable, worker.mayHaveMore(unit: sizes.rule.unit) else {
      return
    }
    workers[rank]?.isInCallable = true
    callable.append(Int32(rank))
  }
}
