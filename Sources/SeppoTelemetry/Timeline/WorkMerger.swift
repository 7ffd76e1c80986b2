/// Keeps the number of records of chunks bounded: the more there are, the longer is the time within which chunks of one thread
/// are recorded together. Sums stay exact. A pure state machine; times are in microseconds.
package struct WorkMerger: Sendable {
  typealias Work = TimelineRecord.Work

  private struct Key: Hashable {
    let rank: Int
    let thread: Int
  }

  /// What is not recorded yet, for each thread.
  private var open: [Key: Work] = [:]
  /// The number of records that are left until the resolution is lowered, and after that.
  private var left: Int
  private var later: Int
  package private(set) var resolution = 0
  private static let firstResolution = 1_000
  private static let growth = 4

  /// - Parameter capacity: The number of records, roughly.
  package init(capacity: Int) {
    left = capacity / 2
    later = capacity - left
  }

  /// Adds a chunk, and returns what is to be recorded now.
  mutating func add(_ work: Work) -> [TimelineRecord] {
    let key = Key(rank: work.rank, thread: work.thread)
    guard var present = open[key] else {
      open[key] = work
      return []
    }
    if present.call == work.call, work.ended - present.began <= resolution, work.began >= present.began {
      present.append(work)
      open[key] = present
      return []
    }
    open[key] = work
    return count(present)
  }

  /// Returns everything that is not recorded yet.
  mutating func flush() -> [TimelineRecord] {
    defer { open = [:] }
    return open.values.sorted { ($0.rank, $0.thread) < ($1.rank, $1.thread) }.flatMap { count($0) }
  }

  /// Returns what has ended before this time.
  mutating func flush(before time: Int) -> [TimelineRecord] {
    let old = open.filter { $0.value.began + resolution < time && $0.value.ended < time }
    for key in old.keys { open[key] = nil }
    return old.values.sorted { ($0.rank, $0.thread) < ($1.rank, $1.thread) }.flatMap { count($0) }
  }

  private mutating func count(_ work: Work) -> [TimelineRecord] {
    var records: [TimelineRecord] = [.work(work)]
    left -= 1
    if left <= 0 {
      left = max(1, later / 2)
      later -= min(later, left)
      resolution = max(WorkMerger.firstResolution, resolution * WorkMerger.growth)
      records.append(.resolution(resolution))
    }
    return records
  }
}

extension TimelineRecord.Work {
  fileprivate mutating func append(_ other: Self) {
    ended = max(ended, other.ended)
    busy += other.busy
    encoding += other.encoding
    first = min(first, other.first)
    end = max(end, other.end)
    items += other.items
    failures += other.failures
    chunks += other.chunks
  }
}
