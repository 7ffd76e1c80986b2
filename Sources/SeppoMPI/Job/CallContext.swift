/// The context in which a call is made. Collective calls are allowed only where every rank makes them. The job itself
/// is `Job.current`.
///
/// Task-local, so that it survives an `await` and is inherited by tasks that an item starts.
enum CallContext: Sendable {
  case everyRank
  /// Inside `f`, on the rank that computes the item.
  case item
  /// Inside the body of `atRoot`, on rank 0.
  case atRoot
  /// Inside the `merge` of a reduction, on the rank that merges.
  case merge
  /// Inside the iterator of a sequence that is drawn while a call runs, on rank 0.
  case source
  /// Where the results of a call are consumed while it runs, on rank 0.
  case consumer
  /// Inside the body of a pool, on rank 0.
  case pool

  @TaskLocal static var entered = CallContext.everyRank

  static var current: CallContext {
    let entered = entered
    return entered == .everyRank && ResultLoops.containCaller ? .consumer : entered
  }

  var name: String {
    switch self {
    case .everyRank: "the program"
    case .item: "an item"
    case .atRoot: "atRoot"
    case .merge: "the merge of a reduction"
    case .source: "the sequence of a call"
    case .consumer: "the code that consumes results"
    case .pool: "the body of a pool"
    }
  }

  /// Runs the body in this context.
  static func enter<Value>(_ context: CallContext, _ body: () throws -> Value) rethrows -> Value {
    try $entered.withValue(context, operation: body)
  }
}
