import Foundation
import Synchronization

/// What a job does, mostly, while it runs.
enum Load {
  /// It sleeps for many seconds, so that it had better begin early.
  case sleeps
  /// It waits: for a signal, for the end of its launcher, for an item that sleeps.
  case waits
  /// Its ranks compute.
  case computes
}

/// The machine's cores, in shares. Many jobs that wait run side by side, and few that compute; in the order in which
/// they come, but for those that sleep, which come first.
final class Cores: Sendable {
  static let shared = Cores(shares: 8 * max(2, ProcessInfo.processInfo.activeProcessorCount))

  private struct State {
    typealias Waiting = (shares: Int, turn: CheckedContinuation<Void, Never>)

    var free: Int
    var sleepers: ArraySlice<Waiting> = []
    var others: ArraySlice<Waiting> = []

    /// The next whose turn it is.
    mutating func next() -> CheckedContinuation<Void, Never>? {
      guard let first = sleepers.first ?? others.first, first.shares <= free else { return nil }
      free -= first.shares
      return (sleepers.popFirst() ?? others.popFirst())?.turn
    }
  }

  private let shares: Int
  private let state: Mutex<State>

  init(shares: Int) {
    self.shares = shares
    state = Mutex(State(free: shares))
  }

  /// Runs the body when it is its turn.
  func use<Value: Sendable>(ranks: Int, _ load: Load, _ body: () async throws -> Value) async rethrows -> Value {
    let wanted =
      switch load {
      case .sleeps: 1
      // Every rank computes while it starts.
      case .waits: min((ranks + 1) / 2, shares)
      case .computes: 3
      }
    await withCheckedContinuation { turn in
      change { load == .sleeps ? $0.sleepers.append((wanted, turn)) : $0.others.append((wanted, turn)) }
    }
    defer { change { $0.free += wanted } }
    return try await body()
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
