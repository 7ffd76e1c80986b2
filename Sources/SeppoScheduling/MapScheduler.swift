/// Which rank gets which items of one map, and when the map is done.
///
/// A pure state machine: it is told what happened (`joined`, `returned`, `threw`, `gone`) and asked what to do
/// (`nextAssignment`). It knows neither how bytes move nor what time it is.
///
/// Each index is at any moment one of: not begun, held by exactly one rank, done, or given up because an item below
/// threw. Each compute thread holds a chunk, and its rank one more for each thread ahead of that, so that the latency
/// of a message hides behind work; at the end, when fewer chunks remain than threads would wait for, nobody hoards.
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

  private struct Worker {
    let threads: Int
    var held: [Range<Int>] = []
    var isInIdle = false
    var isInAhead = false

    var hasIdleThread: Bool { held.count < threads }
    var hasRoomAhead: Bool { held.count < 2 * threads }
  }

  /// How many items there are.
  package let count: Int
  /// Items at or above this index are not begun any more: the lowest index that threw, `count` while none did.
  package private(set) var bound: Int
  /// How many items came back computed.
  package private(set) var completed = 0

  private let rule: ChunkRule
  /// The first index that was never handed out.
  private var next = 0
  /// Handed out once, and come back not begun.
  private var handedBack: [Range<Int>] = []
  private var workers: [Worker?]
  private var chunksHeld = 0
  /// Compute threads of the ranks that joined, and one for each that may still.
  private var threads: Int
  private var idle = Queue<Int>()
  private var ahead = Queue<Int>()

  /// - Parameters:
  ///   - count: items, 0 or more.
  ///   - ranks: how many ranks may join, 1 or more.
  package init(count: Int, ranks: Int, rule: ChunkRule) {
    self.count = count
    self.bound = count
    self.rule = rule
    self.workers = Array(repeating: nil, count: ranks)
    self.threads = ranks
  }

  /// Nothing is held by anyone, and nothing is left that should be begun.
  package var isFinished: Bool { chunksHeld == 0 && remaining == 0 }

  /// The chunks that a rank holds, in the order in which it got them.
  package func held(by rank: Int) -> [Range<Int>] { workers[rank]?.held ?? [] }

  /// A rank takes part from now on, with so many compute threads.
  package mutating func joined(rank: Int, threads: Int) {
    precondition(workers[rank] == nil, "rank \(rank) joined twice")
    let threads = max(1, threads)
    self.threads += threads - 1
    workers[rank] = Worker(threads: threads)
    enqueue(rank)
  }

  /// A chunk came back: its first `completed` items are computed, the others were not begun.
  package mutating func returned(rank: Int, chunk: Range<Int>, completed: Int) {
    precondition((0...chunk.count).contains(completed), "\(completed) of \(chunk) completed")
    letGo(chunk, by: rank)
    self.completed += completed
    let rest = (chunk.lowerBound + completed)..<chunk.upperBound
    if !rest.isEmpty { handedBack.append(rest) }
    enqueue(rank)
  }

  /// The item at `index` of a chunk threw; those of the chunk below it are computed, those above not begun.
  package mutating func threw(rank: Int, chunk: Range<Int>, index: Int) {
    precondition(chunk.contains(index), "item \(index) isn't in \(chunk)")
    letGo(chunk, by: rank)
    completed += index - chunk.lowerBound
    bound = min(bound, index)
    enqueue(rank)
  }

  /// A rank is gone, and what it held is for others.
  package mutating func gone(rank: Int) {
    guard let worker = workers[rank] else {
      threads = max(1, threads - 1)
      return
    }
    threads = max(1, threads - worker.threads)
    chunksHeld -= worker.held.count
    handedBack += worker.held
    workers[rank] = nil
  }

  /// Whom to give what, now; nil when there is nothing to hand out or nobody who should have it.
  package mutating func nextAssignment() -> Assignment? {
    guard remaining > 0 else { return nil }
    while let rank = idle.popFirst() {
      workers[rank]?.isInIdle = false
      if workers[rank]?.hasIdleThread == true { return assign(to: rank) }
    }
    // The last items are left for whoever is free first.
    guard remaining > threads else { return nil }
    while let rank = ahead.popFirst() {
      workers[rank]?.isInAhead = false
      if workers[rank]?.hasRoomAhead == true { return assign(to: rank) }
    }
    return nil
  }

  /// Items that should be begun and are held by nobody.
  private var remaining: Int {
    var remaining = max(0, bound - next)
    for range in handedBack { remaining += max(0, min(range.upperBound, bound) - range.lowerBound) }
    return remaining
  }

  private mutating func assign(to rank: Int) -> Assignment {
    let chunk = takeChunk(of: rule.size(remaining: remaining, threads: threads))
    workers[rank]?.held.append(chunk)
    chunksHeld += 1
    enqueue(rank)
    return Assignment(rank: rank, chunk: chunk)
  }

  /// The lowest items first: an error among them then decides soonest.
  private mutating func takeChunk(of size: Int) -> Range<Int> {
    handedBack.removeAll { $0.lowerBound >= bound }
    if let lowest = handedBack.indices.min(by: { handedBack[$0].lowerBound < handedBack[$1].lowerBound }) {
      let range = handedBack[lowest].lowerBound..<min(handedBack[lowest].upperBound, bound)
      let chunk = range.lowerBound..<min(range.lowerBound + size, range.upperBound)
      if chunk.upperBound < range.upperBound {
        handedBack[lowest] = chunk.upperBound..<range.upperBound
      } else {
        handedBack.remove(at: lowest)
      }
      return chunk
    }
    let chunk = next..<min(next + size, bound)
    next = chunk.upperBound
    return chunk
  }

  private mutating func letGo(_ chunk: Range<Int>, by rank: Int) {
    guard let index = workers[rank]?.held.firstIndex(of: chunk) else {
      preconditionFailure("rank \(rank) gave back \(chunk), which it doesn't hold")
    }
    workers[rank]?.held.remove(at: index)
    chunksHeld -= 1
  }

  private mutating func enqueue(_ rank: Int) {
    guard let worker = workers[rank] else { return }
    if worker.hasIdleThread {
      if !worker.isInIdle {
        workers[rank]?.isInIdle = true
        idle.append(rank)
      }
    } else if worker.hasRoomAhead, !worker.isInAhead {
      workers[rank]?.isInAhead = true
      ahead.append(rank)
    }
  }
}
