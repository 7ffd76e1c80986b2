/// A rank in the scheduler's books.
struct Worker: Sendable {
  struct Held: Sendable {
    var chunk: Range<Int>
    /// When it was given.
    let since: Int
    /// Whether its last item has passed its time: then that one's fate is known, and its thread may never come back.
    var isLate = false
    /// Whether it is one item that may end the rank: then the rank holds nothing else.
    var isQuarantined = false
  }

  let threads: Int
  /// The chunks that it holds, in the order in which it got them.
  private(set) var held: [Held] = []
  private(set) var heldItems = 0
  /// Threads that sit at an item which has passed its time.
  private(set) var lateThreads = 0
  var times = ItemTimes()
  /// When it was last known what it was doing, in nanoseconds: when a chunk came back, or the first one went out.
  var heardAt = 0
  /// Nanoseconds that a chunk and its results are on their way, together; of several the least, since what delays one may
  /// not delay the next.
  private(set) var latency = 0.0
  /// Asked to give back what it hasn't begun, and not answered yet.
  var isAsked = false
  /// It has got a chunk since it was asked, of which its answer can't know.
  private(set) var gotMore = false

  var isInIdle = false
  var isInAhead = false
  var isInCallable = false

  init(threads: Int) { self.threads = threads }

  /// Whether it holds a suspect, and gets nothing else: if it ends then, that is certain to be the item.
  var holdsQuarantined: Bool { held.first?.isQuarantined == true }

  /// Threads for which there may be something: beside a suspect the others have nothing to do, and nothing to wait for.
  var idleThreads: Int { holdsQuarantined ? 0 : max(0, threads - held.count) }

  /// One chunk ahead for each thread hides the latencies of a machine; those of a slow network take as many as are computed
  /// while a chunk is on its way.
  ///
  /// - Parameter item: nanoseconds that an item takes.
  func hasRoomAhead(item: Double?) -> Bool {
    if holdsQuarantined { return false }
    let (threads, held) = (threads - lateThreads, held.count - lateThreads)
    if held < 2 * threads { return true }
    guard latency >= Worker.slow, let item, held < Worker.most * threads else { return false }
    let ahead = heldItems - self.held.prefix(self.threads).reduce(0) { $0 + $1.chunk.count }
    return Double(ahead) * item < latency * 1.5 * Double(threads)
  }

  /// Nanoseconds: no shorter latency asks for more than one chunk ahead. Ranks that share cores answer within this.
  private static let slow = 10_000_000.0
  /// A thread's chunks are no more than these.
  private static let most = 64

  mutating func take(_ chunk: Range<Int>, at now: Int, isQuarantined: Bool) {
    if held.isEmpty {
      heardAt = now
      held.reserveCapacity(2 * threads)
    }
    gotMore = true
    held.append(Held(chunk: chunk, since: now, isQuarantined: isQuarantined))
    heldItems += chunk.count
  }

  mutating func ask() {
    isAsked = true
    gotMore = false
  }

  /// Lets go of the chunk that begins there; nil if it holds none such.
  mutating func letGo(from lower: Int) -> Held? {
    guard let index = held.firstIndex(where: { $0.chunk.lowerBound == lower }) else { return nil }
    heldItems -= held[index].chunk.count
    if held[index].isLate { lateThreads -= 1 }
    return held.remove(at: index)
  }

  /// Lets go of the end of one of its chunks; false if it isn't one.
  mutating func letGo(end range: Range<Int>) -> Bool {
    guard let index = held.firstIndex(where: { $0.chunk.upperBound == range.upperBound }),
      held[index].chunk.lowerBound <= range.lowerBound
    else { return false }
    heldItems -= range.count
    held[index].chunk = held[index].chunk.lowerBound..<range.lowerBound
    if held[index].chunk.isEmpty { held.remove(at: index) }
    return true
  }

  /// Whether the item is the last of a chunk that it holds, and marks it late; false where that had been done.
  mutating func markLate(_ item: Int) -> Bool {
    guard let index = held.firstIndex(where: { $0.chunk.upperBound == item + 1 }), !held[index].isLate else {
      return false
    }
    held[index].isLate = true
    // Its fate is known: the other threads needn't wait for what may never end.
    held[index].isQuarantined = false
    lateThreads += 1
    return true
  }

  /// Whether one of its threads can go on.
  var isAble: Bool { lateThreads < threads }

  /// The items at which its late threads sit.
  var lateItems: [Int] { lateThreads == 0 ? [] : held.filter(\.isLate).map { $0.chunk.upperBound - 1 } }

  /// Whether it holds the item as one that is late.
  func isLate(_ item: Int) -> Bool { held.contains { $0.isLate && $0.chunk.upperBound == item + 1 } }

  /// A chunk came back that was so long on its way there and back.
  mutating func measured(latency sample: Int) {
    let sample = Double(max(0, sample))
    latency = latency == 0 ? sample : min(sample, latency * 1.25 + 1_000)
  }

  /// Whether it may hold items that no thread has begun, where so many are begun together.
  func mayHaveMore(unit: Int) -> Bool {
    held.count > threads || held.contains { $0.chunk.count > unit && !$0.isLate }
  }

  /// Nanoseconds until it should have computed all that it holds; nil where nothing is known of its items.
  func timeLeft(item: Double?, at now: Int) -> Double? {
    guard let item else { return nil }
    return item * Double(heldItems) / Double(min(threads, max(1, held.count))) - Double(now - heardAt)
  }
}
