import SeppoProcess

/// The moment from which the program's code may run beside a call: the call's processes have been forked. A process that is
/// forked while other threads run can find locks, also those of Swift's runtime, held forever.
final class CallStart: Sendable {
  private struct State {
    var hasCome = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let monitor = Monitor(State())

  /// Called by the call, also when it ends before it has begun.
  func announce() {
    let waiter = monitor.change { state in
      state.hasCome = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  func wait() { _ = monitor.wait { $0.hasCome ? true : nil } }

  /// Waits without blocking a thread.
  func waitSuspending() async {
    await withCheckedContinuation { continuation in
      let hasCome = monitor.change { state in
        if !state.hasCome { state.waiter = continuation }
        return state.hasCome
      }
      if hasCome { continuation.resume() }
    }
  }
}
