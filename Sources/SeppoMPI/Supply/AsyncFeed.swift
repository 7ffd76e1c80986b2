import SeppoProcess

/// Draws the elements of an asynchronous sequence in a task, as they are needed.
///
/// `Sendable` because the monitor guards all state.
final class AsyncFeed<Element: Sendable>: ItemFeed, @unchecked Sendable {
  private struct State {
    var ready: [Element] = []
    /// The number of items that should be ready.
    var wanted = 0
    var isExhausted = false
    var thrown: (any Error)?
    var isEnded = false
    /// Continues drawing.
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let monitor = Monitor(State())
  private let start: @Sendable (AsyncFeed) async throws -> Void
  private var task: Task<Void, Never>?
  /// Called when items are ready, after there were none.
  private let wake: @Sendable () -> Void

  init<Base: AsyncSequence & Sendable>(_ base: Base, wake: @escaping @Sendable () -> Void)
  where Base.Element == Element {
    self.wake = wake
    start = { feed in
      for try await element in base where await !feed.put(element) { break }
    }
    task = nil
    task = CallContext.$entered.withValue(.source) {
      Task {
        var thrown: (any Error)?
        do { try await self.start(self) } catch { thrown = error }
        self.finish(thrown)
      }
    }
  }

  /// - Returns: whether further items are needed.
  private func put(_ element: Element) async -> Bool {
    let isFirst = monitor.change { state in
      state.ready.append(element)
      return state.ready.count == 1
    }
    if isFirst { wake() }
    await withCheckedContinuation { continuation in
      let waits = monitor.change { state in
        if state.isEnded || state.ready.count < state.wanted { return false }
        state.waiter = continuation
        return true
      }
      if !waits { continuation.resume() }
    }
    return monitor.change { !$0.isEnded }
  }

  private func finish(_ error: (any Error)?) {
    monitor.change { state in
      state.isExhausted = true
      if !state.isEnded { state.thrown = error }
    }
    wake()
  }

  func take(atMost count: Int) -> [Element] {
    let (items, waiter) = monitor.change { state in
      state.wanted = count
      let items = Array(state.ready.prefix(count))
      state.ready.removeFirst(items.count)
      guard state.ready.count < count else { return (items, nil as CheckedContinuation<Void, Never>?) }
      defer { state.waiter = nil }
      return (items, state.waiter)
    }
    waiter?.resume()
    return items
  }

  var isExhausted: Bool { monitor.change { $0.isExhausted && $0.ready.isEmpty } }
  var thrown: (any Error)? { monitor.change { $0.thrown } }

  func end() {
    let waiter = monitor.change { state in
      state.isEnded = true
      defer { state.waiter = nil }
      return state.waiter
    }
    task?.cancel()
    waiter?.resume()
  }
}
