import Foundation
import Synchronization

/// What a job does, mostly, while it runs.
package enum Load {
  /// It sleeps for many seconds, so that it had better begin early.
  case sleeps
  /// It waits: for a signal, for the end of its launcher, for an item that sleeps.
  case waits
  /// Its ranks compute.
  case computes
  /// Its ranks are threads of this process, and compute.
  case computesAsThreads
  /// Its ranks take memory until there is none.
  case fillsMemory
}

/// The machine, which jobs share: few that start, compute or fill the memory, and beside them many that wait.
package enum Cores {
  private static let count = min(max(2, ProcessInfo.processInfo.activeProcessorCount), 16)
  private static let computing = Line(shares: 3 * count)
  private static let filling = Line(shares: 2)
  private static let waiting = Line(shares: 12 * count)
  private static let starting = Line(shares: 4 * count)

  /// Runs the body when it is its turn.
  package static func use<Value: Sendable>(ranks: Int, _ load: Load, _ body: () async throws -> Value) async rethrows
    -> Value
  {
    switch load {
    case .sleeps: try await waiting.use(1, isFirst: true) { try await start(ranks, isFirst: true, body) }
    case .waits: try await waiting.use(1) { try await start(ranks, body) }
    case .computes: try await computing.use(1, body)
    // Most sleep; but those that measure time need some of the cores.
    case .computesAsThreads: try await computing.use(2, body)
    case .fillsMemory: try await filling.use(1, body)
    }
  }

  /// Every rank computes while it starts, which takes about as long as this where it has a core, or half of one.
  private static func start<Value: Sendable>(
    _ ranks: Int, isFirst: Bool = false, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let share = await starting.take(ranks, isFirst: isFirst)
    let started = Task {
      try? await Task.sleep(for: .seconds(1))
      share.giveBack()
    }
    defer {
      started.cancel()
      share.giveBack()
    }
    return try await body()
  }
}

/// Shares of something, for which jobs wait in line.
private final class Line: Sendable {
  private typealias Waiting = (shares: Int, turn: CheckedContinuation<Void, Never>)

  private struct State {
    var free: Int
    var first: ArraySlice<Waiting> = []
    var others: ArraySlice<Waiting> = []

    /// The next whose turn it is.
    mutating func next() -> CheckedContinuation<Void, Never>? {
      guard let next = first.first ?? others.first, next.shares <= free else { return nil }
      free -= next.shares
      return (first.popFirst() ?? others.popFirst())?.turn
    }
  }

  private let shares: Int
  private let state: Mutex<State>

  init(shares: Int) {
    self.shares = shares
    state = Mutex(State(free: shares))
  }

  func use<Value: Sendable>(
    _ wanted: Int, isFirst: Bool = false, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let share = await take(wanted, isFirst: isFirst)
    defer { share.giveBack() }
    return try await body()
  }

  /// - Parameter isFirst: whether it goes before those that aren't.
  func take(_ wanted: Int, isFirst: Bool = false) async -> Share {
    let wanted = min(wanted, shares)
    await withCheckedContinuation { turn in
      change { isFirst ? $0.first.append((wanted, turn)) : $0.others.append((wanted, turn)) }
    }
    return Share { self.change { $0.free += wanted } }
  }

  private func change(_ body: (inout State) -> Void) {
    var turns: [CheckedContinuation<Void, Never>] = []
    state.withLock { state in
      body(&state)
      while let turn = state.next() { turns.append(turn) }
    }
    for turn in turns { turn.resume() }
  }
}

/// What somebody has of a line.
private final class Share: Sendable {
  private let back: Mutex<(@Sendable () -> Void)?>

  init(_ back: @escaping @Sendable () -> Void) { self.back = Mutex(back) }

  /// Only the first time counts.
  func giveBack() {
    let back = back.withLock { back in
      defer { back = nil }
      return back
    }
    back?()
  }
}
