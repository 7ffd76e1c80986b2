import Foundation

/// The calls that this process has opened, in whatever file: they are in the program as it is, and haven't moved.
final class OpenCalls: @unchecked Sendable {
  static let shared = OpenCalls()

  private struct Call: Hashable {
    let file: String
    let place: String
  }

  /// Guards `calls`: that is why this may be used by any thread.
  private let lock = NSLock()
  private var calls: Set<Call> = []

  func add(file: String, place: String) {
    _ = lock.withLock { calls.insert(Call(file: file, place: place)) }
  }

  func contains(file: String, place: String) -> Bool {
    lock.withLock { calls.contains(Call(file: file, place: place)) }
  }
}
