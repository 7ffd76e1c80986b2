/// What one call has done so far, as rank 0 knows it. All times are in nanoseconds of rank 0's clock.
package struct CallTally: Sendable {
  package struct Rank: Sendable {
    package var host: String
    /// The number of compute threads; 0 before the rank has joined.
    package var threads = 0
    package var items = 0
    /// The time spent in chunks, on all threads.
    package var busy = 0
    package var encoding = 0
    package var failures = 0
    /// When each thread began its first chunk, and when it ended its last one.
    var extents: [Int: (first: Int, last: Int)] = [:]

    package init(host: String) { self.host = host }
  }

  /// Properties of the call that don't change.
  package struct Call: Sendable {
    package var number: Int
    package var name: String
    package var place: String
    /// The text of `progress:`, if the program has given one.
    package var label: String?
    /// Whether every rank gets all results.
    package var isShared: Bool

    package init(number: Int, name: String, place: String, label: String? = nil, isShared: Bool = false) {
      self.number = number
      self.name = name
      self.place = place
      self.label = label
      self.isShared = isShared
    }

    /// Such as "fits, map at Sweep.swift:12".
    package var title: String {
      let call = place.isEmpty ? name : "\(name) at \(place)"
      return label.map { "\($0), \(call)" } ?? call
    }
  }

  package let call: Call
  package let began: Int
  /// When all items were done; nil before that.
  package var computed: Int?
  package var ended: Int
  package var ranks: [Rank]
  package var durations = ItemDurations()
  /// The batch that took longest, and its rank.
  package private(set) var longest: (batch: ComputedChunk.Batch, rank: Int)?
  /// The chunk that ended last: when, and its longest batch.
  private(set) var last: (ended: Int, batch: ComputedChunk.Batch?)?
  /// The processor time of rank 0 during the call; nil if it isn't known.
  package var processorTime: Int?
  /// Items that were not computed, because a checkpoint had stored their results.
  package var stored = 0
  /// Items that failed for good.
  package var failed = 0
  /// The payloads of messages with items, and of messages with results, to or from other ranks.
  package var bytesSent = 0
  package var bytesReceived = 0
  /// The number of calls that the tally describes.
  package private(set) var calls = 1
  /// The time of these calls.
  package private(set) var earlier = 0
  /// What the ranks of this host may use, if that is known: the number of cores, and of ranks.
  package var cores: (count: Int, ranks: Int)?

  package init(_ call: Call, hosts: [String], began: Int) {
    self.call = call
    self.began = began
    ended = began
    ranks = hosts.map { Rank(host: $0) }
  }

  package mutating func join(_ rank: Int, threads: Int) { ranks[rank].threads = threads }

  package mutating func add(_ chunk: ComputedChunk) {
    let count = chunk.items.count
    ranks[chunk.rank].items += count
    ranks[chunk.rank].busy += chunk.nanoseconds
    ranks[chunk.rank].encoding += chunk.encoding
    ranks[chunk.rank].failures += chunk.failures
    let extent = ranks[chunk.rank].extents[chunk.thread] ?? (chunk.began, chunk.ended)
    ranks[chunk.rank].extents[chunk.thread] = (min(extent.first, chunk.began), max(extent.last, chunk.ended))
    durations.add(items: count, nanoseconds: chunk.nanoseconds - chunk.encoding)
    if chunk.ended >= last?.ended ?? 0 { last = (chunk.ended, chunk.longest) }
    guard let batch = chunk.longest, batch.perItem > longest?.batch.perItem ?? -1 else { return }
    longest = (batch, chunk.rank)
  }

  /// Adds attempts that took too long: their chunks may never be reported.
  package mutating func add(overdue attempts: Int, rank: Int) { ranks[rank].failures += attempts }

  /// Adds items of a call in shared memory, of which only the sums are known.
  package mutating func add(items: Int, nanoseconds: Int, rank: Int) {
    ranks[rank].items += items
    ranks[rank].busy += nanoseconds
    durations.add(items: items, nanoseconds: nanoseconds)
  }

  package var items: Int { ranks.reduce(0) { $0 + $1.items } }
  /// The number of items that are done, each counted once.
  package var done: Int { items - retried }
  package var busy: Int { ranks.reduce(0) { $0 + $1.busy } }
  package var encoding: Int { ranks.reduce(0) { $0 + $1.encoding } }
  package var threads: Int { ranks.reduce(0) { $0 + $1.threads } }
  /// The attempts that failed and were repeated.
  package var retried: Int { max(0, ranks.reduce(0) { $0 + $1.failures } - failed) }
  /// The time of the call, or of all calls.
  package var elapsed: Int { earlier + ended - began }

  /// The time of a call, summed over all compute threads, and where it went.
  package struct Time: Sendable, Equatable {
    package var whole = 0
    package var computing = 0
    package var encoding = 0
    /// Before a thread's first item: the start of the call, and items on their way.
    package var start = 0
    /// After a thread's last item, until all are done.
    package var end = 0
    /// Between the last item and the end of the call: results on their way to every rank.
    package var sharing = 0
    /// Between chunks.
    package var between = 0

    package static func + (one: Time, other: Time) -> Time {
      Time(
        whole: one.whole + other.whole, computing: one.computing + other.computing,
        encoding: one.encoding + other.encoding, start: one.start + other.start, end: one.end + other.end,
        sharing: one.sharing + other.sharing, between: one.between + other.between)
    }
  }

  /// The time of the calls before this one.
  private var earlierTime = Time()

  package var time: Time { earlierTime + ownTime(busy: busy - earlierBusy, encoding: encoding - earlierEncoding) }

  private var earlierBusy = 0
  private var earlierEncoding = 0

  private func ownTime(busy: Int, encoding: Int) -> Time {
    let computed = min(max(computed ?? ended, began), ended)
    var time = Time()
    time.whole = (ended - began) * threads
    time.encoding = encoding
    time.computing = busy - encoding
    // Of calls in shared memory, only the sums are known.
    let areKnown = ranks.contains { !$0.extents.isEmpty }
    for rank in ranks {
      for extent in rank.extents.values {
        time.start += min(max(0, extent.first - began), computed - began)
        time.end += max(0, computed - max(extent.last, began))
      }
      // A thread that got no item waited all the time.
      if areKnown { time.end += max(0, rank.threads - rank.extents.count) * (computed - began) }
    }
    time.sharing = (ended - computed) * threads
    time.between = max(0, time.whole - time.computing - time.encoding - time.start - time.end - time.sharing)
    return time
  }

  /// Adds a later call of the same place.
  package mutating func add(_ later: CallTally) {
    earlierTime = time + later.time
    earlierBusy = busy + later.busy
    earlierEncoding = encoding + later.encoding
    earlier = elapsed + later.elapsed
    ended = began
    computed = nil
    calls += later.calls
    for (rank, other) in later.ranks.enumerated() {
      ranks[rank].threads = max(ranks[rank].threads, other.threads)
      ranks[rank].items += other.items
      ranks[rank].busy += other.busy
      ranks[rank].encoding += other.encoding
      ranks[rank].failures += other.failures
      ranks[rank].extents = [:]
    }
    durations.add(later.durations)
    if let other = later.longest, other.batch.perItem > longest?.batch.perItem ?? -1 { longest = other }
    stored += later.stored
    failed += later.failed
    bytesSent += later.bytesSent
    bytesReceived += later.bytesReceived
    cores = later.cores ?? cores
    last = nil
    processorTime = processorTime.flatMap { own in later.processorTime.map { own + $0 } }
  }
}
