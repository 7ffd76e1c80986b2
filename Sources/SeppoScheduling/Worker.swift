/// A rank in the scheduler's books.
struct Worker: Sendable {
  let threads: Int
  /// The chunks that it holds, in the order in which it got them.
  private(set) var held: [Range<Int>] = []
  private(set) var heldItems = 0
  var times = ItemTimes()
  /// When it was last known what it was doing, in nanoseconds: when a chunk came back, or the first one went out.
  var heardAt = 0
  /// Asked to give back what it hasn't begun, and not answered yet.
  var isAsked = false

  var isInIdle = false
  var isInAhead = false
  var isInCallable = false

  init(threads: Int) { self.threads = threads }

  var idleThreads: Int { max(0, threads - held.count) }
  var hasIdleThread: Bool { held.count < threads }
  var hasRoomAhead: Bool { held.count < 2 * threads }

  mutating func take(_ chunk: Range<Int>, at now: Int) {
    if held.isEmpty {
      heardAt = now
      held.reserveCapacity(2 * threads)
    }
    held.append(chunk)
    heldItems += chunk.count
  }

  /// Lets go of the chunk that begins there; nil if it holds none such.
  mutating func letGo(from lower: Int) -> Range<Int>? {
    guard let index = held.firstIndex(where: { $0.lowerBound == lower }) else { return nil }
    heldItems -= held[index].count
    return held.remove(at: index)
  }

  /// Lets go of the end of one of its chunks; false if it isn't one.
  mutating func letGo(end range: Range<Int>) -> Bool {
    guard let index = held.firstIndex(where: { $0.upperBound == range.upperBound }),
      held[index].lowerBound <= range.lowerBound
    else { return false }
    heldItems -= range.count
    held[index] = held[index].lowerBound..<range.lowerBound
    if held[index].isEmpty { held.remove(at: index) }
    return true
  }

  /// Whether it may hold items that no thread has begun, where so many are begun together.
  func mayHaveMore(unit: Int) -> Bool { heldItems > min(threads, held.count) * unit }

  /// Nanoseconds until it should have computed all that it holds; nil where nothing is known of its items.
  func timeLeft(item: Double?, at now: Int) -> Double? {
    guard let item else { return nil }
    return item * Double(heldItems) / Double(min(threads, max(1, held.count))) - Double(now - heardAt)
  }
}
