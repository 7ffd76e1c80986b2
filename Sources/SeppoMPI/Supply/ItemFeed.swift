import SeppoProcess

/// Where the items of a call come from if they aren't all there at its start.
@usableFromInline
protocol ItemFeed<Element>: AnyObject {
  associatedtype Element

  /// Returns items that are there, at most this many. Doesn't wait for the rest.
  func take(atMost count: Int) -> [Element]

  /// Whether all items have been taken.
  var isExhausted: Bool { get }

  /// Whether items that are to stay together may have to wait for the last of them.
  var waitsForUnits: Bool { get }

  /// The error with which the items have ended.
  var thrown: (any Error)? { get }

  /// Called at the end of the call: no more items are needed.
  func end()
}

extension ItemFeed {
  @usableFromInline var waitsForUnits: Bool { true }
  @usableFromInline var thrown: (any Error)? { nil }
}

/// Draws the elements of a sequence when they are taken, on the calling thread.
final class DirectFeed<Element>: ItemFeed {
  private let next: () -> Element?
  private(set) var isExhausted = false

  /// How long to draw before the items that are there are computed, in nanoseconds.
  private static var patience: Int { 100_000 }

  init(_ next: @escaping () -> Element?) { self.next = next }

  func take(atMost count: Int) -> [Element] {
    let start = monotonicNanoseconds()
    var items: [Element] = []
    while items.count < count, monotonicNanoseconds() - start < DirectFeed.patience {
      guard let item = next() else {
        isExhausted = true
        break
      }
      items.append(item)
    }
    return items
  }

  func end() {}
}

/// Draws the elements of a sequence on a thread of its own, so that one that blocks, such as the lines of a pipe, delays
/// nothing else.
///
/// The thread draws no more elements than were asked for. If it blocks at the end of the call, it ends when the sequence
/// returns.
final class SequenceFeed<Element>: ItemFeed {
  private struct State {
    var ready: [Element] = []
    /// The number of items that should be ready.
    var wanted = 0
    var isExhausted = false
    var isEnded = false
  }

  /// `Sendable` because only the feed's thread calls it: the calling thread has handed it over.
  private struct Source: @unchecked Sendable {
    let next: () -> Element?
  }

  private let monitor = Monitor(State())

  /// - Parameter wake: called when items are ready, after there were none.
  init(_ next: @escaping () -> Element?, wake: @escaping @Sendable () -> Void) throws(ThreadCreationError) {
    let source = Source(next: next)
    try ComputeThread.startInContext { [monitor] in
      CallContext.enter(.source) { SequenceFeed.run(source, monitor, wake) }
    }
  }

  private static func run(_ source: Source, _ monitor: Monitor<State>, _ wake: () -> Void) {
    while monitor.wait(until: { $0.isEnded || $0.ready.count < $0.wanted ? !$0.isEnded : nil }) {
      let item = source.next()
      let isFirst = monitor.change { state in
        defer { if let item { state.ready.append(item) } else { state.isExhausted = true } }
        return state.ready.isEmpty
      }
      if isFirst { wake() }
      if item == nil { return }
    }
  }

  func take(atMost count: Int) -> [Element] {
    monitor.change { state in
      // Not one more, however soon it may be needed: drawing may have consequences.
      state.wanted = max(0, count - state.ready.count)
      guard state.ready.count > count else {
        defer { state.ready = [] }
        return state.ready
      }
      defer { state.ready.removeFirst(count) }
      return Array(state.ready[..<count])
    }
  }

  var isExhausted: Bool { monitor.change { $0.isExhausted && $0.ready.isEmpty } }

  func end() { monitor.change { $0.isEnded = true } }
}
