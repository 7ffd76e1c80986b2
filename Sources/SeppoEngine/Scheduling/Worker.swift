/// The scheduler's record of a rank.
struct Worker: Sendable {
  struct HeldChunk: Sendable {
    var chunk: Range<Int>
    /// When it was assigned, in nanoseconds.
    let since: Int
    /// Whether its last item has exceeded its time limit. Its outcome is known then, and its thread may never finish.
    var isOverdue = false
    /// Whether it is one quarantined item. The rank holds nothing else then.
    var isQuarantined = false
  }

  let threads: Int
  /// The chunks that it holds, in the order of their assignment.
  private(set) var held: [HeldChunk] = []
  private(set) var heldItems = 0
  /// The number of threads that compute an overdue item.
  private(set) var overdueThreads = 0
  var times = ItemTimes()
  /// When its state was last known, in nanoseconds: when a chunk was returned, or the first one assigned.
  var lastReportTime = 0
  /// The time that a chunk and its results spend in messages, in nanoseconds: the minimum of several measurements, as a
  /// delay of one chunk says nothing about the next.
  private(set) var latency = 0.0
  /// Whether it was asked to return unstarted items and has not replied.
  var isRecallPending = false
  /// Whether it has been assigned a chunk since the recall, which its reply can't include.
  private(set) var gotChunkSinceRecall = false

  var isInIdle = false
  var isInPrefetch = false
  var isInRecallable = false

  init(threads: Int) { self.threads = threads }

  /// Whether it holds a quarantined item and gets nothing else: if the rank dies then, the item is the cause.
  var holdsQuarantined: Bool { held.first?.isQuarantined == true }

  /// The number of threads that could take a chunk. While the rank holds a quarantined item, its other threads stay
  /// idle.
  var idleThreads: Int { holdsQuarantined ? 0 : max(0, threads - held.count) }

  /// Returns whether the rank may get a chunk ahead of time. One chunk ahead per thread hides the latency within a
  /// machine. On a slow network the rank gets as many as it computes while a message is on its way.
  ///
  /// - Parameter item: the time per item, in nanoseconds; nil if unknown.
  func canPrefetch(item: Double?) -> Bool {
    if holdsQuarantined { return false }
    let (threads, held) = (threads - overdueThreads, held.count - overdueThreads)
    if held < 2 * threads { return true }
    guard latency >= Worker.highLatency, let item, held < Worker.maximumPerThread * threads else { return false }
    let ahead = heldItems - self.held.prefix(self.threads).reduce(0) { $0 + $1.chunk.count }
    return Double(ahead) * item < latency * 1.5 * Double(threads)
  }

  /// The latency from which on a rank prefetches more than one chunk per thread, in nanoseconds. Ranks that share cores
  /// reply faster.
  private static let highLatency = 10_000_000.0
  /// The maximum number of chunks per thread.
  private static let maximumPerThread = 64

  mutating func take(_ chunk: Range<Int>, at now: Int, isQuarantined: Bool) {
    if held.isEmpty {
      lastReportTime = now
      held.reserveCapacity(2 * threads)
    }
    gotChunkSinceRecall = true
    held.append(HeldChunk(chunk: chunk, since: now, isQuarantined: isQuarantined))
    heldItems += chunk.count
  }

  mutating func recall() {
    isRecallPending = true
    gotChunkSinceRecall = false
  }

  /// Removes the chunk that starts at `lower`. Returns nil if the rank holds no such chunk.
  mutating func release(from lower: Int) -> HeldChunk? {
    guard let index = held.firstIndex(where: { $0.chunk.lowerBound == lower }) else { return nil }
    heldItems -= held[index].chunk.count
    if held[index].isOverdue { overdueThreads -= 1 }
    return held.remove(at: index)
  }

  /// Cuts off the end of a chunk. Returns false if the range isn't the end of one.
  mutating func release(end range: Range<Int>) -> Bool {
    guard let index = held.firstIndex(where: { $0.chunk.upperBound == range.upperBound }),
      held[index].chunk.lowerBound <= range.lowerBound
    else { return false }
    heldItems -= range.count
    held[index].chunk = held[index].chunk.lowerBound..<range.lowerBound
    if held[index].chunk.isEmpty { held.remove(at: index) }
    return true
  }

  /// Marks an item overdue if it is the last one of a held chunk. Returns false if there is no such chunk, or if it was
  /// already marked.
  mutating func markOverdue(_ item: Int) -> Bool {
    guard let index = held.firstIndex(where: { $0.chunk.upperBound == item + 1 }), !held[index].isOverdue else {
      return false
    }
    held[index].isOverdue = true
    // The outcome is known, so the other threads need not wait for an item that may never finish.
    held[index].isQuarantined = false
    overdueThreads += 1
    return true
  }

  /// Whether at least one of its threads isn't blocked by an overdue item.
  var isAvailable: Bool { overdueThreads < threads }

  /// The overdue items that its threads are computing.
  var overdueItems: [Int] { overdueThreads == 0 ? [] : held.filter(\.isOverdue).map { $0.chunk.upperBound - 1 } }

  /// Returns whether it holds the item as overdue.
  func isOverdue(_ item: Int) -> Bool { held.contains { $0.isOverdue && $0.chunk.upperBound == item + 1 } }

  /// Records the latency of a returned chunk, in nanoseconds.
  mutating func record(latency sample: Int) {
    let sample = Double(max(0, sample))
    latency = latency == 0 ? sample : min(sample, latency * 1.25 + 1_000)
  }

  /// Returns whether it may hold unstarted items, if `unit` items are started together.
  func mayHaveUnstarted(unit: Int) -> Bool {
    held.count > threads || held.contains { $0.chunk.count > unit && !$0.isOverdue }
  }

  /// Returns the estimated time until all held items are computed, in nanoseconds; nil if their time is unknown.
  func timeLeft(item: Double?, at now: Int) -> Double? {
    guard let item else { return nil }
    return item * Double(heldItems) / Double(min(threads, max(1, held.count))) - Double(now - lastReportTime)
  }
}
