/// A task that computes a chunk.
package protocol ChunkHolder {
  var cursor: ChunkCursor { get }
}

/// Items that have exceeded their time limit on a rank, and the unstarted items after them.
package struct OverdueWork: Sendable {
  /// Each item is now the last one of its chunk; `since` is the time at which the thread has started it, in nanoseconds.
  package var items: [(index: Int, since: Int, thread: Int)] = []
  /// Unstarted chunks and ends of chunks, given up by the rank.
  package var returned: [Range<Int>] = []

  package init() {}

  package var isEmpty: Bool { items.isEmpty && returned.isEmpty }
}

/// A rank's part in a map: the chunks assigned to it and which threads compute them. It decides what to give up when
/// other ranks are idle or an item takes too long. It is a pure state machine, driven by a compute pool or a
/// simulation.
package struct Participant<Task: ChunkHolder> {
  /// The maximum number of threads that compute at the same time.
  package var threads: Int
  /// The tasks that are being computed, each with its thread's number.
  package private(set) var running: [(task: Task, thread: Int)] = []
  package private(set) var waiting: [Task] = []

  package init(threads: Int) { self.threads = threads }

  package mutating func submit(_ task: Task) { waiting.append(task) }

  /// Assigns the next task to the thread. Returns nil if no task is waiting or enough threads are running.
  package mutating func next(on thread: Int) -> Task? {
    guard !waiting.isEmpty, running.count < threads else { return nil }
    let task = waiting.removeFirst()
    running.append((task, thread))
    return task
  }

  /// Records that a thread has finished the task.
  package mutating func ended(_ task: Task) { running.removeAll { $0.task.cursor === task.cursor } }

  /// Gives up half of the unstarted items, the last ones first.
  ///
  /// - Parameter drop: called for each task that is no longer needed.
  package mutating func recall(drop: (Task) -> Void) -> [Range<Int>] {
    let tasks = running.map(\.task) + waiting
    var wanted = (tasks.reduce(0) { $0 + $1.cursor.remaining } + 1) / 2
    var returned: [Range<Int>] = []
    for task in tasks.reversed() where wanted > 0 {
      let range = task.cursor.cut(wanted)
      guard !range.isEmpty else { continue }
      returned.append(range)
      wanted -= range.count
    }
    withdraw(where: \.cursor.kept.isEmpty, drop: drop)
    return returned
  }

  /// Gives up tasks that no thread has taken.
  package mutating func withdraw(where isWithdrawn: (Task) -> Bool = { _ in true }, drop: (Task) -> Void) {
    for task in waiting where isWithdrawn(task) { drop(task) }
    waiting.removeAll(where: isWithdrawn)
  }

  /// Returns the items that have become overdue since the last call. The unstarted items after them are given up: the
  /// rest of their chunks and, if no thread is left to start them, all waiting chunks.
  ///
  /// - Parameters:
  ///   - now: the time, read before `inFlight`, so that an overdue item is also overdue by its own thread's clock.
  ///   - timeout: the maximum time per item, in nanoseconds.
  ///   - inFlight: returns what a thread computes in the task, in the engine's item numbers, and since when.
  package mutating func overdue(
    at now: Int, after timeout: Int, inFlight: (_ task: Task, _ thread: Int) -> (items: Range<Int>, since: Int)?,
    drop: (Task) -> Void
  ) -> OverdueWork {
    var overdue = OverdueWork()
    for (task, thread) in running where !task.cursor.isOverdue {
      guard let (items, since) = inFlight(task, thread), now - since > timeout else { continue }
      let rest = task.cursor.cut(.max)
      if !rest.isEmpty { overdue.returned.append(rest) }
      // Otherwise the item has just finished.
      guard task.cursor.kept.upperBound == items.upperBound else { continue }
      task.cursor.isOverdue = true
      overdue.items.append((items.lowerBound, since, thread))
    }
    if !waiting.isEmpty, running.count(where: \.task.cursor.isOverdue) >= threads {
      overdue.returned += waiting.map(\.cursor.kept)
      withdraw(drop: drop)
    }
    return overdue
  }
}
