/// Where in its job a call is made: calls that all ranks make together can't be made where only one rank is. Which job it is
/// says `Job.current`.
///
/// Task-local, so that it survives an `await`, and goes with what an item starts as a task.
enum CallContext: Sendable {
  case everyRank
  /// Inside `f`, on whichever rank computes the item.
  case item
  /// Inside the body of `atRoot`, on rank 0.
  case atRoot
  /// Inside the `merge` of a reduction, on the rank that makes it.
  case merge

  @TaskLocal static var current = CallContext.everyRank

  var name: String {
    switch self {
    case .everyRank: "the program"
    case .item: "an item"
    case .atRoot: "atRoot"
    case .merge: "the merge of a reduction"
    }
  }

  /// Runs the body in this context.
  static func enter<Value>(_ context: CallContext, _ body: () throws -> Value) rethrows -> Value {
    try $current.withValue(context, operation: body)
  }
}
