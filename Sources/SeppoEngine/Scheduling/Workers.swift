/// The ranks that take part, and what they come to together.
struct Workers: Sendable {
  private var all: [Worker?]
  /// Compute threads of the ranks that joined, and one for each that may still.
  private(set) var threads: Int
  /// Threads for which there may be something.
  private(set) var idleThreads = 0
  /// Ranks with a thread that isn't late, those that have not come yet among them: they are waited for, as without them the map
  /// doesn't end anyway.
  private(set) var able: Int
  /// Chunks that are held.
  private(set) var held = 0
  /// Of these, those whose last item has passed its time.
  private(set) var late = 0
  /// Ranks that were asked to give back, and have not answered.
  private(set) var asked = 0

  init(_ count: Int) {
    all = Array(repeating: nil, count: count)
    threads = count
    able = count
  }

  /// How many ranks may join.
  var count: Int { all.count }

  subscript(rank: Int) -> Worker? { all[rank] }

  mutating func join(_ rank: Int, threads: Int) {
    precondition(all[rank] == nil, "rank \(rank) joined twice")
    self.threads += threads - 1
    // Able it was counted as one that may come.
    able -= 1
    let worker = Worker(threads: threads)
    all[rank] = worker
    count(worker, 1)
  }

  /// A rank is gone, whether it had joined or not.
  mutating func remove(_ rank: Int) -> Worker? {
    guard let worker = all[rank] else {
      threads = max(1, threads - 1)
      able -= 1
      return nil
    }
    threads = max(1, threads - worker.threads)
    count(worker, -1)
    all[rank] = nil
    return worker
  }

  /// Changes a rank that has joined; nil where it hasn't.
  @inline(__always)
  mutating func change<Value>(_ rank: Int, _ body: (inout Worker) -> Value) -> Value? {
    guard let before = all[rank].map(Share.init) else { return nil }
    let value = body(&all[rank]!)
    let after = Share(all[rank]!)
    idleThreads += after.idleThreads - before.idleThreads
    held += after.held - before.held
    late += after.late - before.late
    able += (after.isAble ? 1 : 0) - (before.isAble ? 1 : 0)
    asked += (after.isAsked ? 1 : 0) - (before.isAsked ? 1 : 0)
    return value
  }

  /// Changes what isn't counted: the queues that the rank stands in.
  mutating func set(_ flag: WritableKeyPath<Worker, Bool>, of rank: Int, to value: Bool) {
    all[rank]?[keyPath: flag] = value
  }

  /// What a rank adds to what is counted.
  private struct Share {
    let idleThreads: Int
    let held: Int
    let late: Int
    let isAble: Bool
    let isAsked: Bool

    init(_ worker: Worker) {
      idleThreads = worker.idleThreads
      held = worker.held.count
      late = worker.lateThreads
      isAble = worker.isAble
      isAsked = worker.isAsked
    }
  }

  private mutating func count(_ worker: Worker, _ sign: Int) {
    let share = Share(worker)
    idleThreads += sign * share.idleThreads
    held += sign * share.held
    late += sign * share.late
    able += share.isAble ? sign : 0
    asked += share.isAsked ? sign : 0
  }
}
