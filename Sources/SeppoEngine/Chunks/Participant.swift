/// Holds a chunk.
package protocol ChunkHolder {
  var cursor: ChunkCursor { get }
}

/// Items that have passed their time on a rank, and what stood behind them.
package struct Overdue: Sendable {
  /// Each the last of its chunk by now, and since when it is computed, in nanoseconds.
  package var items: [(index: Int, since: Int)] = []
  /// Ends of chunks, and chunks, that nobody on the rank has begun.
  package var returned: [Range<Int>] = []

  package init() {}

  package var isEmpty: Bool { items.isEmpty && returned.isEmpty }
}

/// A rank's part in a map: the chunks that it was given, which of them its compute threads are at, and what it gives up when
/// others have nothing to do or an item takes too long. Pure; a compute pool or a simulation runs it.
package struct Participant<Task: ChunkHolder> {
  /// No more threads than these compute at once.
  package var threads: Int
  /// What the threads are at, with each one's number.
  package private(set) var running: [(task: Task, thread: Int)] = []
  package private(set) var waiting: [Task] = []

  package init(threads: Int) { self.threads = threads }

  package mutating func submit(_ task: Task) { waiting.append(task) }

  /// What the thread is to do now; nil where nothing waits, or enough threads are at work.
  package mutating func next(on thread: Int) -> Task? {
    guard !waiting.isEmpty, running.count < threads else { return nil }
    let task = waiting.removeFirst()
    running.append((task, thread))
    return task
  }

  /// A thread is done with this.
  package mutating func ended(_ task: Task) { running.removeAll { $0.task.cursor === task.cursor } }

  /// Gives up half of what no thread has begun, the last items first.
  ///
  /// - Parameter drop: told of what is not to be done any more.
  package mutating func recall(drop: (Task) -> Void) -> [Range<Int>] {
    let tasks = running.map(\.task) + waiting
    var wanted = (tasks.reduce(0) { $0 + $1.cursor.left } + 1) / 2
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

  /// Gives up what no thread has taken.
  package mutating func withdraw(where isWithdrawn: (Task) -> Bool = { _ in true }, drop: (Task) -> Void) {
    for task in waiting where isWithdrawn(task) { drop(task) }
    waiting.removeAll(where: isWithdrawn)
  }

  /// The items that have passed their time since this was last asked; what stands behind them is given up: the rest of their
  /// chunks, and what waits, where no thread is left that could begin it.
  ///
  /// - Parameters:
  ///   - now: read before `inFlight` is, so that an item which is overdue by it is so by its own thread's clock too.
  ///   - timeout: how long an item may take, in nanoseconds.
  ///   - inFlight: what a thread is at in the task, counted as chunks are, and since when.
  package mutating func overdue(
    at now: Int, after timeout: Int, inFlight: (_ task: Task, _ thread: Int) -> (items: Range<Int>, since: Int)?,
    drop: (Task) -> Void
  ) -> Overdue {
    var overdue = Overdue()
    for (task, thread) in running where !task.cursor.isOverdue {
      guard let (items, since) = inFlight(task, thread), now - since > timeout else { continue }
      let rest = task.cursor.cut(.max)
      if !rest.isEmpty { overdue.returned.append(rest) }
      // Otherwise it has just come back after all.
      guard task.cursor.kept.upperBound == items.upperBound else { continue }
      task.cursor.isOverdue = true
      overdue.items.append((items.lowerBound, since))
    }
    if !waiting.isEmpty, running.count(where: \.task.cursor.isOverdue) >= threads {
      overdue.returned += waiting.map(\.cursor.kept)
      withdraw(drop: drop)
    }
    return overdue
  }
}
