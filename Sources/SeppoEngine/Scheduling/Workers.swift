/// The ranks of a map, with totals over all of them.
struct Workers: Sendable {
  private var all: [Worker?]
  /// The number of compute threads of joined ranks, plus one for each rank that may still join.
  private(set) var threads: Int
  /// The number of threads that could take a chunk.
  private(set) var idleThreads = 0
  /// The number of ranks with a thread that isn't blocked by an overdue item. Ranks that may still join count: without
  /// them the map doesn't end anyway.
  private(set) var available: Int
  /// The number of held chunks.
  private(set) var held = 0
  /// The number of these whose last item is overdue.
  private(set) var overdue = 0
  /// The number of ranks that were asked to return items and have not replied.
  private(set) var pendingRecalls = 0

  init(_ count: Int) {
    all = Array(repeating: nil, count: count)
    threads = count
    available = count
  }

  /// The number of ranks that may join.
  var count: Int { all.count }

  subscript(rank: Int) -> Worker? { all[rank] }

  mutating func join(_ rank: Int, threads: Int) {
    precondition(all[rank] == nil, "rank \(rank) joined twice")
    self.threads += threads - 1
    // The rank was already counted as one that may join.
    available -= 1
    let worker = Worker(threads: threads)
    all[rank] = worker
    add(worker, 1)
  }

  /// Removes a lost rank, whether it has joined or not.
  mutating func remove(_ rank: Int) -> Worker? {
    guard let worker = all[rank] else {
      threads = max(1, threads - 1)
      available -= 1
      return nil
    }
    threads = max(1, threads - worker.threads)
    add(worker, -1)
    all[rank] = nil
    return worker
  }

  /// Changes a rank and updates the totals. Returns nil if it hasn't joined.
  @inline(__always)
  mutating func change<Value>(_ rank: Int, _ body: (inout Worker) -> Value) -> Value? {
    guard let before = all[rank].map(Contribution.init) else { return nil }
    let value = body(&all[rank]!)
    let after = Contribution(all[rank]!)
    idleThreads += after.idleThreads - before.idleThreads
    held += after.held - before.held
    overdue += after.overdue - before.overdue
    available += (after.isAvailable ? 1 : 0) - (before.isAvailable ? 1 : 0)
    pendingRecalls += (after.isRecallPending ? 1 : 0) - (before.isRecallPending ? 1 : 0)
    return value
  }

  /// Sets a flag that doesn't affect the totals: whether the rank is in a queue.
  mutating func set(_ flag: WritableKeyPath<Worker, Bool>, of rank: Int, to value: Bool) {
    all[rank]?[keyPath: flag] = value
  }

  /// A rank's contribution to the totals.
  private struct Contribution {
    let idleThreads: Int
    let held: Int
    let overdue: Int
    let isAvailable: Bool
    let isRecallPending: Bool

    init(_ worker: Worker) {
      idleThreads = worker.idleThreads
      held = worker.held.count
      overdue = worker.overdueThreads
      isAvailable = worker.isAvailable
      isRecallPending = worker.isRecallPending
    }
  }

  private mutating func add(_ worker: Worker, _ sign: Int) {
    let contribution = Contribution(worker)
    idleThreads += sign * contribution.idleThreads
    held += sign * contribution.held
    overdue += sign * contribution.overdue
    available += contribution.isAvailable ? sign : 0
    pendingRecalls += contribution.isRecallPending ? sign : 0
  }
}
