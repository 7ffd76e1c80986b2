import Synchronization

/// The asynchronous loops over results of a rank. The body of such a loop is the program's own code, to which no task-local
/// value can be given. While there is a loop, all code of rank 0 counts as its body: the other ranks are in the loop's call.
final class ResultLoops: Sendable {
  /// The loops of the process's own rank.
  private static let ofProcess = ResultLoops()
  /// The loops of the caller's rank, if it is not the process's own.
  @TaskLocal private static var entered: ResultLoops?
  /// The number of loops in this process. Usually none, so that there is nothing else to look at.
  private static let all = Atomic<Int>(0)
  /// Whether the caller runs a loop's call.
  @TaskLocal private static var runsCall = false

  private let count = Atomic<Int>(0)

  private static var current: ResultLoops { entered ?? ofProcess }

  /// Whether the caller's rank is in a loop over results.
  static var containCaller: Bool {
    all.load(ordering: .relaxed) > 0 && !runsCall && current.count.load(ordering: .relaxed) > 0
  }

  /// A loop of the caller's rank, from its beginning until the last reference is released.
  final class Loop {
    private let loops = ResultLoops.current

    init() {
      ResultLoops.all.add(1, ordering: .relaxed)
      loops.count.add(1, ordering: .relaxed)
    }

    deinit {
      loops.count.subtract(1, ordering: .relaxed)
      ResultLoops.all.subtract(1, ordering: .relaxed)
    }
  }

  /// Runs a loop's call.
  static func runCall(_ body: () throws -> Void) rethrows { try $runsCall.withValue(true, operation: body) }

  /// Runs the body as a rank with these loops.
  func enter<Value>(_ body: () throws -> Value) rethrows -> Value {
    try ResultLoops.$entered.withValue(self, operation: body)
  }
}
