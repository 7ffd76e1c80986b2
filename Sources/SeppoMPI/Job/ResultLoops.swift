import Synchronization

/// The asynchronous loops over results of a job. The body of such a loop is the program's own code, to which no task-local
/// value can be given. While there is a loop, all code of rank 0 counts as its body: the other ranks are in the loop's call.
///
/// Without a launcher there is only one rank, and calls of several tasks are independent of each other.
final class ResultLoops: Sendable {
  /// The number of loops in this process. Usually none, so that there is nothing else to look at.
  private static let all = Atomic<Int>(0)
  /// Whether the caller makes a loop's call.
  @TaskLocal private static var runsCall = false

  private let count = Atomic<Int>(0)

  /// Whether the caller's job is in a loop over results.
  static var containCaller: Bool {
    if all.load(ordering: .relaxed) == 0 { return false }
    let job = Job.current
    return !runsCall && !job.process.isLone && job.loops.count.load(ordering: .relaxed) > 0
  }

  /// A loop, from its beginning until the last reference is released.
  final class Loop {
    private let loops: ResultLoops

    init(of job: Job) {
      loops = job.loops
      ResultLoops.all.add(1, ordering: .relaxed)
      loops.count.add(1, ordering: .relaxed)
    }

    deinit {
      loops.count.subtract(1, ordering: .relaxed)
      ResultLoops.all.subtract(1, ordering: .relaxed)
    }
  }

  /// Makes a loop's call.
  ///
  /// - Parameter context: where the loop is.
  static func run(in context: CallContext, _ body: () throws -> Void) rethrows {
    try $runsCall.withValue(true) { try CallContext.enter(context, body) }
  }
}
