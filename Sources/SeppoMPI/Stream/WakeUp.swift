import SeppoProcess

/// Wakes the thread that makes a call. The call sets it when it begins.
final class WakeUp: Sendable {
  /// In a struct, because a generic function would wrap a closure again each time it is accessed.
  private struct Action {
    var run: (@Sendable () -> Void)?
  }

  private let action = Monitor(Action())

  func set(_ run: @escaping @Sendable () -> Void) { action.change { $0.run = run } }

  func callAsFunction() { action.change { $0.run }?() }
}
